/**
 * What can go wrong in one run, and how often: drawn from the seed, so that
 * each run has its own mix, some of it calm and some of it wild (after
 * TigerBeetle's and FoundationDB's swarm testing: everything at once hides
 * what needs one thing missing).
 */
import { Random } from "../random.ts";

export interface Weather {
  /** Mean time of a message from one to another. */
  messageMs: number;
  /** Share of messages that take up to a second and a half. */
  slow: number;
  drop: number;
  double: number;
  /** Share of copies that come seconds later. */
  late: number;
  /** Answers still get through to an asker that has given up on them. */
  hearsLateAnswers: boolean;
  diskMs: number;
  slowDisk: number;
  /** Share of flushes that take all waiting appends as one. */
  flushTogether: number;
  /** Mean time between faults of each kind; Infinity: none. */
  crashEveryMs: number;
  /** Share of crashes that hit between two effects of a later step. */
  crashBetween: number;
  crashAll: number;
  downMs: number;
  damage: number;
  pauseEveryMs: number;
  pauseMs: number;
  cutEveryMs: number;
  cutMs: number;
  cutOneWay: number;
  /** Mean time between what users of the group do. */
  actEveryMs: number;
  /** Shares of what they do; the rest are proposals. */
  nominate: number;
  confirm: number;
  leaderLeaseMs: number;
  /** What a member's clock gains or loses in a millisecond, at most. */
  drift: number;
}

export function drawWeather(random: Random): Weather {
  const rarely = (probability: number, most: number) =>
    random.chance(probability) ? random.next() * most : 0;
  const every = (probability: number, least: number, most: number) =>
    random.chance(probability) ? least + random.next() * (most - least) : Infinity;
  return {
    messageMs: random.pick([0.5, 5, 20, 60]),
    slow: rarely(0.5, 0.2),
    drop: rarely(0.5, 0.25),
    double: rarely(0.5, 0.25),
    late: rarely(0.5, 0.6),
    hearsLateAnswers: random.chance(0.3),
    diskMs: random.pick([0.1, 3, 20, 60]),
    slowDisk: rarely(0.3, 0.15),
    flushTogether: random.next(),
    crashEveryMs: every(0.75, 200, 2_000),
    crashBetween: random.next(),
    crashAll: rarely(0.3, 0.3),
    downMs: random.pick([20, 200, 1_000]),
    damage: rarely(0.3, 0.5),
    pauseEveryMs: every(0.4, 300, 2_000),
    pauseMs: random.pick([50, 400, 1_500]),
    cutEveryMs: every(0.5, 200, 2_000),
    cutMs: random.pick([100, 500, 1_500]),
    cutOneWay: random.next(),
    actEveryMs: random.pick([5, 20, 60]),
    nominate: 0.05 + random.next() * 0.4,
    confirm: random.next() * 0.25,
    leaderLeaseMs: random.pick([40, 150, 400]),
    drift: random.chance(0.5) ? 0.01 : 0,
  };
}

/** All works, nothing is far away: what must go on now goes on within known bounds. */
export const CALM = {
  messageMs: 0.5,
  slow: 0,
  drop: 0,
  double: 0,
  late: 0,
  diskMs: 0.5,
  slowDisk: 0,
  crashEveryMs: Infinity,
  crashBetween: 0,
  pauseEveryMs: Infinity,
  cutEveryMs: Infinity,
} as const;

/** Rows between two checkpoints; of each seed by itself, so that it changes nothing else. */
export function drawCheckpoints(seed: number, quorum: number | undefined): number {
  // One copy may be overruled: nothing is final then.
  if (quorum === 1) return Infinity;
  return new Random(seed * 8 + 1).pick([Infinity, 1, 2, 4]);
}
