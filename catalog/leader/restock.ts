/**
 * Sets what is out of stock back to a full shelf, every so often, by rows of
 * the log like any other change. What counts is the decided stock: a last
 * piece that is sold but not yet shown as sold is gone. The time is counted
 * from one restock to the next, so that a process that was paused for a
 * minute restocks once, not six times.
 */
import type { Clock } from "../../shared/clock.ts";
import { hasReason } from "../../shared/errors.ts";
import { BATCH_ITEMS_MAX } from "../../shared/limits.ts";
import { restockPayload, type RestockRow } from "../state/rows.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export interface RestockOptions {
  state: CatalogState;
  /** Pause between two restocks; 0 is never. */
  everyMs: number;
  /** Pieces of a product after it. */
  to: number;
  /** No room for rows: the shelves stay empty until the next time. */
  isFull: () => boolean;
  /** @throws not_leader, unavailable */
  propose: (rows: RestockRow[], payloads: string[]) => void;
  clock: Clock;
}

export class Restock {
  readonly #options: RestockOptions;
  #cancel: () => void = () => {};

  constructor(options: RestockOptions) {
    this.#options = options;
  }

  start(): void {
    const { everyMs, clock } = this.#options;
    this.close();
    if (everyMs === 0) return;
    this.#cancel = clock.after(everyMs, () => {
      this.start();
      this.run();
    });
  }

  run(): void {
    const { state, to, isFull, propose, clock } = this.#options;
    if (isFull()) return;
    const time = clock.timestamp();
    const names = state.products.outOfStock().map((product) => product.name);
    for (let at = 0; at < names.length; at += BATCH_ITEMS_MAX) {
      const rows = names.slice(at, at + BATCH_ITEMS_MAX).map((name) => restockRow(name, to));
      const payloads = rows.map((row) => restockPayload(row, time));
      if (!tried(() => propose(rows, payloads))) return;
    }
  }

  close(): void {
    this.#cancel();
  }
}

/** False: this replica has ceased to lead, and the next leader restocks. */
function tried(propose: () => void): boolean {
  try {
    propose();
    return true;
  } catch (error) {
    if (hasReason(error, "not_leader", "unavailable")) return false;
    throw error;
  }
}

function restockRow(name: string, quantity: number): RestockRow {
  return { kind: "restock", name, quantity };
}
