/**
 * What a replica that does not lead may show. Not what is committed: a change
 * is visible only once no front-end keeps anything older, and that only its
 * leader knows. The leader tells the front-ends, and they say with each
 * look-up up to which row all is visible, for ever, whoever leads, and which
 * row the answer must not be without.
 *
 *      1 … shown    |  …  told visible  |  …  committed  |  …  last
 *      look-ups are |  shown as soon as |  held back     |  may be cut
 *      answered so  |  it is committed  |                |
 *
 * Two things put `shown` beyond what was told: a leadership that began and
 * ended before it was open, and more rows than are held back. Then nothing is
 * answered until somebody has been told as much.
 */
import { AppError } from "../../shared/errors.ts";
import { UNSHOWN_ROWS_MAX } from "../../shared/limits.ts";
import type { FollowerRead } from "../../shared/messages/messages.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export class Following {
  readonly #state: CatalogState;
  /** Rows up to this one are committed. */
  #committed = 0;
  /** Rows up to this one are visible, as far as this replica was told. */
  #told = 0;

  constructor(state: CatalogState) {
    this.#state = state;
  }

  /** Rows up to this one are committed. */
  commit(index: number): void {
    this.#committed = index;
  }

  /** Rows up to this one are visible: by a front-end's word, or its own when it led. */
  see(visible: number): void {
    if (visible > this.#told) this.#told = visible;
  }

  /** Shows what it may. */
  advance(): void {
    const told = Math.min(this.#told, this.#committed);
    const index = Math.max(told, this.#committed - UNSHOWN_ROWS_MAX);
    if (index > this.#state.visibleIndex) this.#state.reveal(index);
  }

  /** It begins to lead, and answers nobody before no cache holds anything older. */
  lead(): void {
    if (this.#committed > this.#state.visibleIndex) this.#state.reveal(this.#committed);
  }

  /** The state as it is shown may be the answer. @throws not_leader */
  answer({ least, visible }: FollowerRead): void {
    this.see(visible);
    this.advance();
    const shown = this.#state.visibleIndex;
    if (shown >= least && shown <= this.#told) return;
    const what = `row ${least} is to be shown, here it is ${shown}, and visible are ${this.#told}`;
    throw new AppError("not_leader", `Only the leader can answer that: ${what}`);
  }
}
