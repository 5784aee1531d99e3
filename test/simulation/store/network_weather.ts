/**
 * What can happen to messages in one run, and how often: drawn from the seed,
 * so that each run has its own mix, some of it calm and some of it wild.
 */
import type { Random } from "../random.ts";

/** What can be switched off, and what is counted when it happens. */
export const MESSAGE_FAULTS = [
  "slow message",
  "request lost",
  "answer lost",
  "request doubled",
  "copy late",
] as const;

export type MessageFault = (typeof MESSAGE_FAULTS)[number];

export interface Weather {
  /** Mean time of a message from one to another, in milliseconds. */
  messageMs: number;
  /** Share of messages that take up to a second and a half. */
  slow: number;
  /** Shares of requests and of answers that never arrive. */
  loseRequest: number;
  loseAnswer: number;
  /** Share of requests that arrive twice, and of these copies those that come seconds later. */
  double: number;
  late: number;
  /** Share of lost requests whose asker learns, at its time-out, that nothing was sent. */
  knowsUnsent: number;
  /** Share of requests to one who dies whose asker hears of it soon, not only at its time-out. */
  hearsOfDeath: number;
}

/** The same seed draws the same rest, whatever is switched off. */
export function drawWeather(random: Random, without: ReadonlySet<string> = new Set()): Weather {
  const rarely = (fault: MessageFault, probability: number, most: number) => {
    const share = random.chance(probability) ? random.next() * most : 0;
    return without.has(fault) ? 0 : share;
  };
  return {
    messageMs: random.pick([0.5, 2, 8, 30]),
    slow: rarely("slow message", 0.4, 0.05),
    loseRequest: rarely("request lost", 0.5, 0.15),
    loseAnswer: rarely("answer lost", 0.5, 0.15),
    double: rarely("request doubled", 0.5, 0.2),
    late: rarely("copy late", 0.5, 0.6),
    knowsUnsent: random.next(),
    hearsOfDeath: random.next(),
  };
}

/** All arrives, soon. */
export const CALM: Weather = {
  messageMs: 0.5,
  slow: 0,
  loseRequest: 0,
  loseAnswer: 0,
  double: 0,
  late: 0,
  knowsUnsent: 0,
  hearsOfDeath: 1,
};
