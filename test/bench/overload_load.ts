/**
 * A load on one port, in either of two ways. The closed loop keeps every connection full and so
 * finds what a store can do. The open loop sends at a rate that was planned, whatever comes back,
 * as people do: a closed loop slows down with its store, and hides how bad it got.
 *
 * In the open loop a request is written when it was planned if a connection has room for it; if
 * not it is held back, and that is not made up for later.
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { monotonicMs, pause, systemClock } from "../../shared/clock.ts";
import { Line } from "./overload_line.ts";

export interface Requests {
  /** Whole requests, in turn; where there is `distinct`, a number goes between these two parts. */
  texts: readonly string[];
  distinct?: boolean;
  /** The status that makes an answer a good one. */
  good: number;
}
export interface LoadPlan {
  host: string;
  port: number;
  requests: Requests;
  connections: number;
  depth: number;
  /** Null: as many as are answered, a closed loop. */
  perSecond: number | null;
  seconds: number;
  /** What is not counted yet. */
  warmUpSeconds: number;
  /** Local addresses that the connections come from, in turn. */
  from?: readonly string[];
}
export interface LoadSeen {
  /** A second each. */
  offered: number;
  sent: number;
  good: number;
  refused: number;
  /** Answers that are neither good nor a refusal. */
  other: number;
  /** With answers that came a little later than the time that the rates are of. */
  goodP99Ms: number;
  refusedP99Ms: number;
  /** Of open connections, by the store; and the requests that were open on them. */
  closes: number;
  lost: number;
  /** Good answers in each SLICE_MS, from the very start on. */
  slices: number[];
}

export const SLICE_MS = 50;
const TICK_MS = 1;
/** Connections opened in a tick, at first and after they were closed by the store. */
const OPENED_MAX = 50;
const REOPENED_PER_SECOND = 500;
const OPENING_MAX_MS = 3_000;
/** A generator that was kept from working does not send all that it missed at once. */
const MISSED_MAX_MS = 50;
/** Connections that are looked at for one request. */
const TRIES_MAX = 8;
const DRAIN_MAX_MS = 1_000;
const REFUSALS = [429, 503];

let nextDistinct = 0;

export class Load {
  readonly #plan: LoadPlan;
  #lines: (Line | null)[];
  #ended = false;
  /** The time is over; answers to what was sent in it are waited for. */
  #draining = false;
  #startMs = 0;
  #turn = 0;
  #planned = 0;
  #reopened = 0;
  #slices: number[] = [];
  #counts = newCounts();
  #good: RecordableHistogram = createHistogram();
  #refused: RecordableHistogram = createHistogram();

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#lines = Array.from({ length: plan.connections }, () => null);
  }

  /** Good answers and refusals until now. */
  get answered(): { good: number; refused: number } {
    return this.#counts;
  }

  async run(): Promise<LoadSeen> {
    const { seconds, warmUpSeconds } = this.#plan;
    await this.#open();
    this.#startMs = monotonicMs();
    for (const line of this.#lines) if (line !== null) this.#fill(line);
    await this.#tickUntil(this.#startMs + warmUpSeconds * 1_000);
    this.#counts = newCounts();
    this.#good.reset();
    this.#refused.reset();
    const fromMs = monotonicMs();
    await this.#tickUntil(fromMs + seconds * 1_000);
    const passed = (monotonicMs() - fromMs) / 1_000;
    const counts = { ...this.#counts };
    await this.#drain();
    this.end();
    return this.#seen(counts, passed);
  }

  /**
   * What was not answered yet has waited longest: without it a store that collapsed would have
   * a better p99 than one that did not.
   */
  async #drain(): Promise<void> {
    this.#draining = true;
    const deadline = monotonicMs() + DRAIN_MAX_MS;
    const isWaiting = () => this.#lines.some((line) => line !== null && line.waiting > 0);
    while (isWaiting() && monotonicMs() < deadline) await pause(systemClock, TICK_MS);
  }

  end(): void {
    this.#ended = true;
    for (const line of this.#lines) line?.end();
  }

  async #open(): Promise<void> {
    const deadline = monotonicMs() + OPENING_MAX_MS;
    for (let nth = 0; nth < this.#lines.length && !this.#ended; nth++) {
      this.#connect(nth);
      if (nth % OPENED_MAX === OPENED_MAX - 1) await pause(systemClock, TICK_MS);
    }
    const isOpening = () => this.#lines.some((line) => line !== null && !line.isOpen);
    while (isOpening() && monotonicMs() < deadline) await pause(systemClock, TICK_MS);
  }

  #connect(nth: number): void {
    const { host, port, depth, from } = this.#plan;
    this.#lines[nth] = new Line({
      host, port, depth, from: from?.[nth % from.length],
      onOpen: (line) => this.#fill(line),
      onRoom: (line) => this.#fill(line),
      onAnswer: (status, tookMs) => this.#onAnswer(status, tookMs),
      onClose: (_, { wasOpen, lost }) => {
        this.#lines[nth] = null;
        if (this.#ended) return;
        if (wasOpen) this.#counts.closes++;
        this.#counts.lost += lost;
      },
    });
  }

  #onAnswer(status: number, tookMs: number): void {
    if (this.#ended) return;
    const us = Math.max(1, Math.round(tookMs * 1_000));
    if (status === this.#plan.requests.good) {
      this.#counts.good++;
      this.#good.record(us);
      if (this.#draining) return;
      const slice = Math.floor((monotonicMs() - this.#startMs) / SLICE_MS);
      this.#slices[slice] = (this.#slices[slice] ?? 0) + 1;
    } else if (REFUSALS.includes(status)) {
      this.#counts.refused++;
      this.#refused.record(us);
    } else this.#counts.other++;
  }

  /** Of the closed loop: whatever was answered is asked for again. */
  #fill(line: Line): void {
    if (this.#plan.perSecond !== null || this.#startMs === 0 || this.#draining) return;
    const nowMs = monotonicMs();
    for (let room = line.room; room > 0; room--) this.#ask(line, nowMs);
    line.flush();
  }

  #ask(line: Line, nowMs: number): void {
    line.add(this.#nextText(), nowMs);
    this.#counts.sent++;
  }

  #nextText(): string {
    const { texts, distinct = false } = this.#plan.requests;
    if (distinct) return `${texts[0]}${nextDistinct++}${texts[1]}`;
    this.#turn = (this.#turn + 1) % texts.length;
    return texts[this.#turn]!;
  }

  async #tickUntil(endMs: number): Promise<void> {
    let lastMs = monotonicMs();
    while (lastMs < endMs && !this.#ended) {
      await pause(systemClock, TICK_MS);
      const nowMs = monotonicMs();
      this.#reopen(nowMs - lastMs);
      if (this.#plan.perSecond !== null) this.#sendDue(nowMs, nowMs - lastMs);
      lastMs = nowMs;
    }
  }

  #reopen(passedMs: number): void {
    const most = OPENED_MAX;
    this.#reopened = Math.min(most, this.#reopened + (passedMs / 1_000) * REOPENED_PER_SECOND);
    for (let nth = 0; nth < this.#lines.length && this.#reopened >= 1; nth++) {
      if (this.#lines[nth] !== null) continue;
      this.#connect(nth);
      this.#reopened--;
    }
  }

  #sendDue(nowMs: number, passedMs: number): void {
    const perMs = this.#plan.perSecond! / 1_000;
    const before = Math.floor(this.#planned);
    this.#planned += passedMs * perMs;
    const due = Math.floor(this.#planned) - before;
    this.#counts.offered += due;
    const touched = new Set<Line>();
    for (let nth = Math.min(due, Math.ceil(MISSED_MAX_MS * perMs)); nth > 0; nth--) {
      const line = this.#withRoom(before + nth);
      if (line === null) continue;
      this.#ask(line, nowMs);
      touched.add(line);
    }
    for (const line of touched) line.flush();
  }

  /** Its own connection, or one of the next: not all are answered in turn. */
  #withRoom(nth: number): Line | null {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const line = this.#lines[(nth + tries) % this.#lines.length];
      if (line && line.room > 0) return line;
    }
    return null;
  }

  #seen(counts: Counts, seconds: number): LoadSeen {
    const { good, refused, other, sent, offered, closes, lost } = counts;
    return {
      offered: (this.#plan.perSecond === null ? sent : offered) / seconds,
      sent: sent / seconds,
      good: good / seconds,
      refused: refused / seconds,
      other: other / seconds,
      goodP99Ms: p99Ms(this.#good),
      refusedP99Ms: p99Ms(this.#refused),
      closes,
      lost,
      slices: Array.from(this.#slices, (count = 0) => count),
    };
  }
}

type Counts = ReturnType<typeof newCounts>;

function newCounts() {
  return { offered: 0, sent: 0, good: 0, refused: 0, other: 0, closes: 0, lost: 0 };
}

/** NaN where there was none. */
function p99Ms(histogram: RecordableHistogram): number {
  return histogram.count === 0 ? NaN : histogram.percentile(99) / 1_000;
}
