/**
 * Every hop of a purchase carries a batch: while one request is under way,
 * what arrives queues, and goes together when there is room. Alone, an item
 * waits for nobody; under load the batches grow and the cost of each item
 * falls.
 *
 *   add() ─▶ queue (at most queueMax) ─▶ batch (at most itemsMax) ─▶ send()
 *                                         at most inFlightMax at once
 *
 * Each item settles exactly once, with its own result or its own error.
 *
 * With one batch at a time and as many askers as ever, a batch and what queued
 * behind it leave in turn, for ever two halves of a crowd. So it may linger:
 * those who have just been answered tend to ask again at once, and the next
 * batch waits for most of them, as a group commit does (PostgreSQL's
 * commit_delay). Where they don't, it soon waits no more.
 */
import assert from "node:assert/strict";
import { nobodyWaits } from "../threads/asker.ts";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";

export interface BatcherOptions<Item, Result> {
  /** Results in the order of the items; an Error among them is that item's alone. */
  send: (items: Item[]) => Promise<(Result | Error)[]>;
  inFlightMax: number;
  itemsMax: number;
  queueMax: number;
  /**
   * Overload shows in time, not in numbers: while batches settle and yet the oldest item has
   * waited for `ms`, newcomers are refused, once `items` queue. (While none settles, as between
   * two leaders, that is a pause and no overload.)
   */
  shed?: { ms: number; items: number; clock: Clock };
  /** Nobody waits for its result any more: it is left out, and fails as abandoned. */
  isAbandoned?: (item: Item) => boolean;
  /** How long, at most, a batch waits for those who were answered by the one before. */
  linger?: { ms: number; clock: Clock };
}

/** Fewer who may come again are not waited for. */
const LINGER_ITEMS_MIN = 4;
/** Share of them that is enough. */
const LINGER_SHARE = 0.75;
/** Batches that do not wait after one that waited in vain. */
const LINGER_PAUSE_BATCHES = 10;

interface Waiting<Item, Result> {
  item: Item;
  /** When it came, where that is looked at; monotonic. */
  sinceMs: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>;
  #queue: Waiting<Item, Result>[] = [];
  /** Batches under way. Invariant: 0 <= inFlight <= inFlightMax. */
  #inFlight = 0;
  /** A flush stands in the microtask queue. */
  #flushing = false;
  #closedBy: Error | null = null;
  /** The queue is to be so long before the next batch leaves. */
  #awaited = 0;
  #endLinger: () => void = () => {};
  #lingerPause = 0;
  /** Items that were left out, as nobody waited for them any more. */
  abandoned = 0;
  /** When a batch last settled; monotonic. */
  #settledAtMs = -Infinity;

  constructor(options: BatcherOptions<Item, Result>) {
    assert(options.inFlightMax >= 1 && options.itemsMax >= 1 && options.queueMax >= 1);
    this.#options = options;
  }

  /** Items that wait for room. */
  get queued(): number {
    return this.#queue.length;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * The item's result.
   * @throws overloaded when the queue is full, or what stands in it has waited too long;
   * abandoned
   */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#closedBy !== null) return reject(this.#closedBy);
      if (this.#options.isAbandoned?.(item) === true) return reject(this.#abandon());
      const sinceMs = this.#options.shed?.clock.monotonicMs() ?? 0;
      if (this.#queue.length >= this.#options.queueMax || this.#isLate(sinceMs)) {
        return reject(new AppError("overloaded", "Too many requests wait already"));
      }
      this.#queue.push({ item, sinceMs, resolve, reject });
      this.#flushSoon();
    });
  }

  /** Somebody is gone: what nobody waits for leaves the queue, in one pass over it. */
  dropAbandoned(): void {
    this.#queue = this.#wanted(this.#queue);
  }

  /** Rejects what queues and what comes later; what is under way still settles by its own. */
  close(error: Error): void {
    this.#closedBy = error;
    this.#endLinger();
    for (const waiting of this.#queue.splice(0)) waiting.reject(error);
  }

  #isLate(nowMs: number): boolean {
    const { shed } = this.#options;
    if (shed === undefined || this.#queue.length < shed.items) return false;
    const isServing = nowMs - this.#settledAtMs < 2 * shed.ms;
    return isServing && nowMs - this.#queue[0]!.sinceMs > shed.ms;
  }

  /** In a microtask, so that what one turn of the event loop brings goes together. */
  #flushSoon(): void {
    if (this.#flushing || this.#inFlight >= this.#options.inFlightMax) return;
    if (this.#awaited > 0) {
      if (this.#queue.length < this.#awaited) return;
      this.#awaited = 0;
      this.#endLinger();
    }
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#inFlight < this.#options.inFlightMax) {
      const batch = this.#wanted(this.#takeBatch());
      if (batch.length > 0) void this.#sendBatch(batch);
    }
  }

  #takeBatch(): Waiting<Item, Result>[] {
    if (this.#queue.length > this.#options.itemsMax) {
      return this.#queue.splice(0, this.#options.itemsMax);
    }
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  /** Of these, what somebody waits for. */
  #wanted(batch: Waiting<Item, Result>[]): Waiting<Item, Result>[] {
    const { isAbandoned } = this.#options;
    if (isAbandoned === undefined || !batch.some(({ item }) => isAbandoned(item))) return batch;
    return batch.filter(({ item, reject }) => {
      if (!isAbandoned(item)) return true;
      reject(this.#abandon());
      return false;
    });
  }

  #abandon(): AppError {
    this.abandoned++;
    return nobodyWaits();
  }

  async #sendBatch(batch: Waiting<Item, Result>[]): Promise<void> {
    this.#inFlight++;
    let results: (Result | Error)[] | null = null;
    let failure: unknown = null;
    try {
      results = await this.#options.send(batch.map((waiting) => waiting.item));
    } catch (error) {
      failure = error;
    }
    this.#inFlight--;
    assert(this.#inFlight >= 0);
    const { shed } = this.#options;
    if (shed !== undefined && results !== null) this.#settledAtMs = shed.clock.monotonicMs();
    if (results === null) {
      for (const waiting of batch) waiting.reject(failure);
    } else {
      settle(batch, results);
      this.#linger(batch.length);
    }
    this.#flushSoon();
  }

  /** So many were answered just now. */
  #linger(count: number): void {
    const { linger, itemsMax } = this.#options;
    if (linger === undefined || count < LINGER_ITEMS_MIN) return;
    if (this.#lingerPause > 0) {
      this.#lingerPause--;
      return;
    }
    this.#awaited = Math.min(this.#queue.length + Math.ceil(count * LINGER_SHARE), itemsMax);
    this.#endLinger = linger.clock.after(linger.ms, () => {
      this.#awaited = 0;
      this.#lingerPause = LINGER_PAUSE_BATCHES;
      this.#flushSoon();
    });
  }
}

function settle<Item, Result>(batch: Waiting<Item, Result>[], results: (Result | Error)[]): void {
  assert.equal(results.length, batch.length, "a batch has one result for each item");
  for (let index = 0; index < batch.length; index++) {
    const waiting = batch[index]!;
    const result = results[index]!;
    if (result instanceof Error) waiting.reject(result);
    else waiting.resolve(result);
  }
}
