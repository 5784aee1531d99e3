/**
 * The network between members: how long a message takes, whether it arrives
 * at all, and which links are cut, in one direction or in both.
 */
import type { Random } from "../random.ts";
import type { Weather } from "./weather.ts";

const SLOW_MS = 1_500;
const COPY_LATE_MS = 4_000;
/** Above every id. */
const IDS = 16;

export class Links {
  /** Until when each directed link is cut. */
  #cutUntilMs = new Float64Array(IDS * IDS);
  /** Order of the last question that arrived on each. */
  #arrived = new Float64Array(IDS * IDS);
  #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  delayMs(weather: Weather): number {
    const random = this.#random;
    if (weather.slow > 0 && random.chance(weather.slow)) return random.next() * SLOW_MS;
    return random.around(weather.messageMs);
  }

  copyDelayMs(weather: Weather): number {
    return this.#random.chance(weather.late)
      ? this.#random.next() * COPY_LATE_MS
      : this.delayMs(weather);
  }

  isCut(from: number, to: number, nowMs: number): boolean {
    return this.#cutUntilMs[from * IDS + to]! > nowMs;
  }

  cut(from: number, to: number, untilMs: number): void {
    this.#cutUntilMs[from * IDS + to] = untilMs;
  }

  /** One link in one direction, or a member from all others. True: only one way. */
  cutSome(size: number, nowMs: number, { cutMs, cutOneWay }: Weather): boolean {
    const random = this.#random;
    const untilMs = nowMs + random.around(cutMs);
    const id = 1 + random.below(size);
    const other = 1 + random.below(size);
    const isOneWay = id !== other && random.chance(cutOneWay);
    if (isOneWay) this.cut(id, other, untilMs);
    else this.isolate(id, size, untilMs);
    return isOneWay;
  }

  /** Whether one that was asked later on this link arrived before. */
  isOvertaken({ from, to, order }: { from: number; to: number; order: number }): boolean {
    const link = from * IDS + to;
    if (order < this.#arrived[link]!) return true;
    this.#arrived[link] = order;
    return false;
  }

  /** Both ways between one member and all others. */
  isolate(id: number, size: number, untilMs: number): void {
    for (let other = 1; other <= size; other++) {
      this.cut(id, other, untilMs);
      this.cut(other, id, untilMs);
    }
  }

  mend(): void {
    this.#cutUntilMs.fill(0);
  }
}
