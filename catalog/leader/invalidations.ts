/**
 * Tells every leased front-end which products are about to change, and knows
 * up to which row each of them has confirmed it. One request at a time goes
 * to each; what changes meanwhile waits, each name once, and goes together.
 * (Not the shared Batcher: it has a promise per item, and here a thousand
 * sales of one toy are a single name.)
 *
 *                 commit ──▶ waiting ──▶ under way ──▶ confirmed
 *                               ▲            │ failed
 *                               └────────────┘ after a pause
 *
 * It tries until the front-end confirms or its lease is over. One that let
 * its lease run out without confirming is not trusted with another before it
 * has answered an empty push: else a front-end that can ask but not hear would
 * cost every purchase a whole lease, time and again.
 */
import assert from "node:assert/strict";
import type { Clock } from "../../shared/clock.ts";
import {
  INVALIDATE_NAMES_MAX,
  INVALIDATE_PATIENCE_MS,
  INVALIDATE_RETRY_MS,
} from "../../shared/limits.ts";

export interface InvalidationsOptions {
  frontends: Iterable<number>;
  /** One POST /invalidate; resolves when it was confirmed. */
  send: (frontend: number, names: string[]) => Promise<void>;
  /** Its lease lasts: pushing goes on. */
  isLive: (frontend: number) => boolean;
  /** A front-end has confirmed more than before. */
  onConfirmed: () => void;
  clock: Clock;
}

/** Names, each with the first row not yet confirmed that changed it; in that order. */
type Names = Map<string, number>;

interface Push {
  readonly frontend: number;
  waiting: Names;
  underWay: Names | null;
  /** Rows up to this one are confirmed, under way or waiting. */
  queuedIndex: number;
  /** Since when there is something that it has not confirmed. */
  unconfirmedSinceMs: number | null;
  /** A request to it has no answer yet. */
  isBusy: boolean;
  /** Its lease ran out with something unconfirmed. */
  isDeaf: boolean;
  isPausing: boolean;
}

export class Invalidations {
  readonly #options: InvalidationsOptions;
  readonly #pushes = new Map<number, Push>();
  #isClosed = false;

  constructor(options: InvalidationsOptions) {
    this.#options = options;
    for (const frontend of options.frontends) this.#pushes.set(frontend, emptyPush(frontend));
  }

  /**
   * The row at this index changes this product. Rows that were decided before
   * the front-end's lease began are passed over: since then it has been told
   * to keep nothing of what they change.
   */
  add(frontend: number, name: string, index: number): void {
    const push = this.#push(frontend);
    if (index <= push.queuedIndex || push.waiting.has(name)) return;
    push.waiting.set(name, index);
  }

  /** All rows up to this one have been added. */
  flush(frontend: number, index: number): void {
    const push = this.#push(frontend);
    if (index > push.queuedIndex) push.queuedIndex = index;
    this.#start(push);
  }

  /** Rows up to this one need nothing more from this front-end. */
  confirmedIndex(frontend: number): number {
    const push = this.#push(frontend);
    const first = firstIndex(push.underWay) ?? firstIndex(push.waiting);
    return first === undefined ? push.queuedIndex : first - 1;
  }

  /** Its lease is over: what it held counts no more. */
  lapse(frontend: number): void {
    const push = this.#push(frontend);
    if (push.unconfirmedSinceMs !== null) push.isDeaf = true;
    this.#forget(push);
  }

  /** It begins with an empty cache, and gets no change up to this row to keep. */
  begin(frontend: number, index: number): void {
    const push = this.#push(frontend);
    this.#forget(push);
    push.queuedIndex = index;
  }

  /**
   * False: it has owed an answer for too long and must not get more lease.
   * Asks one that has gone deaf whether it hears again.
   */
  hears(frontend: number): boolean {
    const push = this.#push(frontend);
    if (push.isDeaf && !push.isBusy) this.#send(push, new Map());
    if (push.isDeaf) return false;
    const since = push.unconfirmedSinceMs;
    return since === null || this.#options.clock.monotonicMs() - since < INVALIDATE_PATIENCE_MS;
  }

  close(): void {
    this.#isClosed = true;
  }

  #start(push: Push): void {
    if (this.#isClosed || push.isBusy || push.isPausing || push.waiting.size === 0) return;
    push.unconfirmedSinceMs ??= this.#options.clock.monotonicMs();
    this.#send(push, takeFirst(push.waiting));
  }

  #send(push: Push, names: Names): void {
    push.isBusy = true;
    push.underWay = names;
    this.#options.send(push.frontend, [...names.keys()]).then(
      () => this.#answered(push, names, true),
      () => this.#answered(push, names, false),
    );
  }

  #answered(push: Push, names: Names, isConfirmed: boolean): void {
    if (this.#isClosed) return;
    push.isBusy = false;
    if (isConfirmed) push.isDeaf = false;
    if (push.underWay === names) {
      push.underWay = null;
      if (isConfirmed) push.unconfirmedSinceMs = null;
      else this.#putBack(push, names);
    }
    this.#start(push);
    if (isConfirmed) this.#options.onConfirmed();
  }

  #putBack(push: Push, names: Names): void {
    for (const [name, index] of push.waiting) if (!names.has(name)) names.set(name, index);
    push.waiting = names;
    if (!this.#options.isLive(push.frontend)) return;
    push.isPausing = true;
    this.#options.clock.after(INVALIDATE_RETRY_MS, () => {
      push.isPausing = false;
      if (this.#options.isLive(push.frontend)) this.#start(push);
    });
  }

  /** The answer to what is under way will confirm nothing. */
  #forget(push: Push): void {
    push.waiting = new Map();
    push.underWay = null;
    push.unconfirmedSinceMs = null;
  }

  #push(frontend: number): Push {
    const push = this.#pushes.get(frontend);
    assert(push !== undefined, "who is told is one of FRONTENDS");
    return push;
  }
}

function emptyPush(frontend: number): Push {
  return {
    frontend,
    waiting: new Map(),
    underWay: null,
    queuedIndex: 0,
    unconfirmedSinceMs: null,
    isBusy: false,
    isDeaf: false,
    isPausing: false,
  };
}

function firstIndex(names: Names | null): number | undefined {
  return names?.values().next().value;
}

/** Takes the first of these names out, as many as one request may carry. */
function takeFirst(waiting: Names): Names {
  const taken: Names = new Map();
  for (const [name, index] of waiting) {
    if (taken.size === INVALIDATE_NAMES_MAX) break;
    taken.set(name, index);
    waiting.delete(name);
  }
  return taken;
}
