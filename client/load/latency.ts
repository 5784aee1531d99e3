/**
 * How long answers took, in constant memory: a histogram of whole
 * microseconds that is off by a thousandth at most. What people quote, the
 * maximum and the mean, is kept exactly beside it.
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** The histogram counts from 1 µs to one hour; what lies outside is counted at the edge. */
const HIGHEST_US = 3_600_000_000;

export interface LatencySummary {
  count: number;
  /** Milliseconds from here on; null when nothing was counted. */
  p50: number | null;
  p90: number | null;
  p95: number | null;
  p99: number | null;
  "p99.9": number | null;
  max: number | null;
  mean: number | null;
}

export class Latency {
  readonly #histogram: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: HIGHEST_US,
    figures: 3,
  });
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  record(ms: number): void {
    const us = Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1_000)));
    this.#histogram.record(us);
    this.#count += 1;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** Milliseconds within which this share of the answers came, 0 < percent <= 100. */
  percentile(percent: number): number | null {
    if (this.#count === 0) return null;
    return Math.min(this.#histogram.percentile(percent) / 1_000, this.#maxMs);
  }

  get max(): number | null {
    return this.#count === 0 ? null : this.#maxMs;
  }

  get mean(): number | null {
    return this.#count === 0 ? null : this.#sumMs / this.#count;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      p50: this.percentile(50),
      p90: this.percentile(90),
      p95: this.percentile(95),
      p99: this.percentile(99),
      "p99.9": this.percentile(99.9),
      max: this.max,
      mean: this.mean,
    };
  }
}
