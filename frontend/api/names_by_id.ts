/**
 * Names of products by their ids, for a store that speaks of ids. An id is of
 * one name for ever, though its product may go and come again: what was found
 * once needs no lease to be true. What was not found may come any time, and
 * is asked for again.
 */
import { PATIENT } from "../../shared/threads/asker.ts";
import { AppError } from "../../shared/errors.ts";
import type { Owner } from "../../shared/threads/owner_threads.ts";
import type { NameAsk } from "../owner_messages.ts";
import type { SharedLease } from "../cache/shared_lease.ts";

export interface ProductNamesOptions {
  /** Gets the ask `name` (owner_messages.ts). */
  owner: Pick<Owner, "ask">;
  lease: Pick<SharedLease, "held">;
  nowMs: () => number;
}

const ID = /^[1-9][0-9]{0,8}$/;

export class NamesById {
  readonly #options: ProductNamesOptions;
  readonly #known = new Map<number, string>();

  constructor(options: ProductNamesOptions) {
    this.#options = options;
  }

  /** As far as it was found before. */
  known(id: number): string | undefined {
    return this.#known.get(id);
  }

  /** Null: no product has this id. @throws unavailable; abandoned */
  async find(id: number, asker = PATIENT): Promise<string | null> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const { owner, lease, nowMs } = this.#options;
    const asked: NameAsk = { id, lease: lease.held(nowMs()) };
    const name = await owner.ask<string | null>("name", asked, asker);
    if (name !== null) this.#known.set(id, name);
    return name;
  }

  /**
   * The same for what is to be done within so long, and what is left of that time then.
   * @throws unavailable; abandoned
   */
  async findWithin(
    id: number,
    withinMs: number,
    asker = PATIENT,
  ): Promise<{ name: string | null; leftMs: number }> {
    const { nowMs } = this.#options;
    const startedMs = nowMs();
    const name = await this.find(id, asker);
    return { name, leftMs: withinMs - (nowMs() - startedMs) };
  }
}

/** @throws bad_request */
export function parseId(segment: string): number {
  if (ID.test(segment)) return Number(segment);
  throw new AppError("bad_request", "An id is a whole number from 1, without leading 0");
}
