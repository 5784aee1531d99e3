/**
 * Which faults, in which order and for how long: all of it drawn from the
 * seed before the run. Whom a fault hits is said by role, and found out when
 * it strikes. Those that every run must have come first; the rest is dealt
 * like cards, so that each comes up before one comes twice.
 */
import { createRandom } from "../../client/load/random.ts";

export type Target =
  | "the order leader" | "an order follower" | "both order followers" | "all order replicas"
  | "the catalog" | "a front-end" | "everything";
/** A stop is graceful, a flap is two kills, the second as soon as it is back. */
export type How = "kill" | "pause" | "stop" | "flap";

export interface PlannedFault {
  how: How;
  targets: readonly Target[];
  /** How long it stays down or paused. */
  holdMs: number;
  /** Of peace afterwards. */
  restMs: number;
}

type Card = readonly [How, readonly Target[]];

const ALWAYS: readonly Card[] = [
  ["kill", ["the order leader"]],
  ["pause", ["the order leader"]],
  ["kill", ["the catalog"]],
  ["kill", ["a front-end"]],
  ["pause", ["a front-end"]],
];

const DECK: readonly Card[] = [
  ...ALWAYS,
  ["kill", ["the order leader"]],
  ["pause", ["the order leader"]],
  ["kill", ["an order follower"]],
  ["pause", ["an order follower"]],
  ["pause", ["the catalog"]],
  ["stop", ["the order leader"]],
  ["stop", ["the catalog"]],
  ["stop", ["a front-end"]],
  ["flap", ["the order leader"]],
  ["flap", ["the catalog"]],
  ["flap", ["a front-end"]],
  ["kill", ["both order followers"]],
  ["pause", ["both order followers"]],
  ["kill", ["all order replicas"]],
  ["kill", ["the order leader", "the catalog"]],
  ["kill", ["the order leader", "a front-end"]],
  ["pause", ["the order leader", "the catalog"]],
  ["pause", ["the order leader", "a front-end"]],
  ["kill", ["everything"]],
];

const HOLD_MS = [200, 2_500] as const;
const REST_MS = [600, 1_500] as const;
/** A member takes about so long to come back. */
const START_MS = 700;

/** Faults for about this long. */
export function drawSchedule(seed: number, seconds: number): PlannedFault[] {
  const random = createRandom(seed);
  const between = ([least, most]: readonly [number, number]) =>
    Math.round(least + random() * (most - least));
  const cards = shuffled(ALWAYS, random);
  const schedule: PlannedFault[] = [];
  let leftMs = seconds * 1_000;
  while (leftMs > 0) {
    if (cards.length === 0) cards.push(...shuffled(DECK, random));
    const [how, targets] = cards.shift()!;
    const fault = { how, targets, holdMs: between(HOLD_MS), restMs: between(REST_MS) };
    schedule.push(fault);
    leftMs -= fault.holdMs + fault.restMs + (how === "pause" ? 0 : START_MS);
  }
  return schedule;
}

/** As its kind is called in reports. */
export function kindOf({ how, targets }: PlannedFault): string {
  return `${how} of ${targets.join(" and ")}`;
}

export function sentenceOf(
  fault: PlannedFault,
  { atMs, members }: { atMs: number; members: readonly string[] },
): string {
  const { how, holdMs, targets } = fault;
  const whom = targets[0] === "everything" ? "every member"
    : `${targets.join(" and ")} (${members.join(", ")})`;
  const forMs = `${(holdMs / 1_000).toFixed(1)} s`;
  const did = {
    kill: `killed ${whom}, started again after ${forMs}`,
    pause: `paused ${whom} for ${forMs}`,
    stop: `stopped ${whom} gracefully, started again after ${forMs}`,
    flap: `killed ${whom}, started again after ${forMs}, killed again at once, started again`,
  }[how];
  return `${(atMs / 1_000).toFixed(1).padStart(6)} s  ${did}`;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
