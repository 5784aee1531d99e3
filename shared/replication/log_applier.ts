/**
 * Tells a service what becomes of its replica's log, before the disk hears of
 * it: rows that enter, rows that leave, a checkpoint that takes the place of
 * all. On the way it takes the service's own checkpoints, at every multiple of
 * one number, and holds them until their rows are committed or cut.
 */
import { strict as assert } from "node:assert";
import { payloadOf } from "./storage/row_format.ts";
import type { Position } from "./core/log_index.ts";
import type { Row } from "./core/messages.ts";
import type { Output } from "./core/replica_state.ts";
import type { ReplicatedService } from "./replicated_service.ts";

export class LogApplier {
  readonly #service: ReplicatedService;
  readonly #everyRows: number;
  #taken: { at: Position; text: string }[] = [];

  constructor(service: ReplicatedService, everyRows: number) {
    this.#service = service;
    this.#everyRows = everyRows;
  }

  tell(output: Output): void {
    switch (output.kind) {
      case "append":
        for (const row of output.rows) this.#enter(row);
        return;
      case "cut":
        this.#service.onCut(output.after);
        this.#taken = this.#taken.filter(({ at }) => at.index <= output.after);
        return;
      case "install":
        assert(this.#service.restore !== undefined, "who has checkpoints can restore them");
        this.#service.restore(output.text, output.at.index);
        this.#taken = [];
    }
  }

  #enter(row: Row): void {
    const { index, term, checksum, text } = row;
    this.#service.onRow(index, term, payloadOf(text));
    if (this.#service.snapshot === undefined || index % this.#everyRows !== 0) return;
    this.#taken.push({ at: { index, term, checksum }, text: this.#service.snapshot() });
  }

  /** Checkpoints that are committed by now, oldest first; each is given out once. */
  takeThrough(committed: number): { at: Position; text: string }[] {
    const through = this.#taken.filter(({ at }) => at.index <= committed);
    this.#taken = this.#taken.filter(({ at }) => at.index > committed);
    return through;
  }
}
