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

const SHARES: Readonly<Record<MessageFault, keyof Weather>> = {
  "slow message": "slow",
  "request lost": "loseRequest",
  "answer lost": "loseAnswer",
  "request doubled": "double",
  "copy late": "late",
};

/** The same weather without some of these faults. */
export function calmed(weather: Weather, without: ReadonlySet<string>): Weather {
  const calm = { ...weather };
  for (const fault of MESSAGE_FAULTS) if (without.has(fault)) calm[SHARES[fault]] = 0;
  return calm;
}

export function drawWeather(random: Random): Weather {
  const rarely = (probability: number, most: number) =>
    random.chance(probability) ? random.next() * most : 0;
  return {
    messageMs: random.pick([0.5, 2, 8, 30]),
    slow: rarely(0.4, 0.05),
    loseRequest: rarely(0.5, 0.15),
    loseAnswer: rarely(0.5, 0.15),
    double: rarely(0.5, 0.2),
    late: rarely(0.5, 0.6),
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
