/**
 * What the catalog's leader has told this front-end, by index of its log: up
 * to where all is visible, and which of its products changed where. By it a
 * look-up may be answered by a follower, which knows neither:
 *
 *   every row that could matter to a look-up and that anybody was shown as it
 *   began is at or below `least`, and `least` is visible
 *
 * A row after the first of the present lease becomes visible only once this
 * front-end has confirmed that it was told of it, so what was told of a name
 * is all there is; for what is older the lease's beginning stands. When
 * `least` is not known to be visible yet, the leader alone can answer.
 *
 * A visible row is visible for ever, whoever told of it and however late.
 */
import { TOLD_NAMES_MAX } from "../../shared/limits.ts";

export class FollowerReadIndex {
  #visible = 0;
  /** Last row of the leader's log as the present lease began. */
  #since = Infinity;
  /** Where the leader last told of a change of each of these, the latest last. */
  readonly #changes = new Map<string, number>();
  /** The same of all that were left out of these, and of all there are. */
  #floor = 0;
  #latest = 0;

  /** Rows up to this one are visible. */
  get visible(): number {
    return this.#visible;
  }

  see(visible: number): void {
    if (visible > this.#visible) this.#visible = visible;
  }

  /** Another lease begins. */
  begin(since: number): void {
    this.#since = since;
  }

  /** Each of these changed, none of them beyond this row. */
  change(names: readonly string[], index: number): void {
    for (const name of names) {
      const last = Math.max(index, this.#changes.get(name) ?? 0);
      this.#changes.delete(name);
      this.#changes.set(name, last);
    }
    if (index > this.#latest) this.#latest = index;
    while (this.#changes.size > TOLD_NAMES_MAX) this.#dropOldest();
  }

  /** The row from which on a look-up may be answered; null: by the leader alone. */
  leastOf(name: string): number | null {
    return this.#least(this.#changes.get(name) ?? this.#floor);
  }

  /** The same of a list, in which anything may stand. */
  leastOfAll(): number | null {
    return this.#least(this.#latest);
  }

  #least(changed: number): number | null {
    const least = Math.max(this.#since, changed);
    return least <= this.#visible ? least : null;
  }

  #dropOldest(): void {
    const [[name, index]] = this.#changes as Iterable<[string, number]> as [[string, number]];
    this.#changes.delete(name);
    if (index > this.#floor) this.#floor = index;
  }
}
