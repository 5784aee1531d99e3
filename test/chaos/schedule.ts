/**
 * Which faults, in which order and for how long: all of it drawn from the
 * seed before the run. Whom a fault hits is said by role, and found out when
 * it strikes. Those that every run must have come first, and strike a store
 * that is whole; the rest is dealt like cards, so that each comes up before
 * one comes twice, and strikes whatever the one before has left.
 */
import { createRandom } from "../../client/load/random.ts";
import { type Cut, CUTS, shuffled } from "./cuts.ts";

export type Target =
  | "the order leader" | "an order follower" | "both order followers" | "all order replicas"
  /** Of several the one that leads. */
  | "the catalog" | "a catalog follower"
  | "a front-end" | "everything";
/** A stop is graceful, a flap is two kills, the second as soon as it is back. */
export type How = "kill" | "pause" | "stop" | "flap";

type Blow = { how: How; targets: readonly Target[] } | { how: "cut"; cut: Cut };

export type PlannedFault = Blow & {
  /** It waits until the store is whole. */
  waits: boolean;
  /** How long it stays down, paused or cut. */
  holdMs: number;
  /** Of peace afterwards. */
  restMs: number;
};

/** What a run is made of. */
export interface Kinds {
  /** Processes are killed, paused and stopped. */
  strikes: boolean;
  /** The network is cut. */
  cuts: boolean;
  /** There are catalog followers: leaders of both groups die at one moment, followers too. */
  followsCatalog?: boolean;
}

const LEADER: readonly Target[] = ["the order leader"];

const STRIKES_FIRST: readonly Blow[] = [
  { how: "kill", targets: LEADER },
  { how: "pause", targets: LEADER },
];

const STRIKES_SECOND: readonly Blow[] = [
  { how: "kill", targets: ["the catalog"] },
  { how: "kill", targets: ["a front-end"] },
  { how: "pause", targets: ["a front-end"] },
];

const STRIKES: readonly Blow[] = [
  ...STRIKES_FIRST,
  ...STRIKES_FIRST,
  ...STRIKES_SECOND,
  { how: "kill", targets: ["an order follower"] },
  { how: "pause", targets: ["an order follower"] },
  { how: "pause", targets: ["the catalog"] },
  { how: "stop", targets: LEADER },
  { how: "stop", targets: ["the catalog"] },
  { how: "stop", targets: ["a front-end"] },
  { how: "flap", targets: LEADER },
  { how: "flap", targets: ["the catalog"] },
  { how: "flap", targets: ["a front-end"] },
  { how: "kill", targets: ["both order followers"] },
  { how: "pause", targets: ["both order followers"] },
  { how: "kill", targets: ["all order replicas"] },
  { how: "kill", targets: ["the order leader", "the catalog"] },
  { how: "kill", targets: ["the order leader", "a front-end"] },
  { how: "pause", targets: ["the order leader", "the catalog"] },
  { how: "pause", targets: ["the order leader", "a front-end"] },
  { how: "kill", targets: ["everything"] },
];

const BOTH_LEADERS: Blow = { how: "kill", targets: ["the order leader", "the catalog"] };

/** Where the catalog has followers. */
const STRIKES_CATALOGS: readonly Blow[] = [
  BOTH_LEADERS,
  { how: "kill", targets: ["the order leader", "the catalog", "a front-end"] },
  { how: "kill", targets: ["an order follower", "a catalog follower"] },
  { how: "pause", targets: ["a catalog follower"] },
  { how: "stop", targets: ["a catalog follower"] },
];

const CUTS_FIRST: readonly Blow[] = [
  { how: "cut", cut: "the order leader from everybody" },
  { how: "cut", cut: "a front-end from the catalog" },
  { how: "cut", cut: "a front-end from the order leader" },
];

const HOLD_MS = [200, 2_500] as const;
/** Of those that come first: longer than a leader's lease, longer than a front-end's. */
const FIRST_HOLD_MS = [1_500, 2_800] as const;
const CUT_HOLD_MS = [600, 3_500] as const;
const REST_MS = [600, 1_500] as const;
/** A member takes about so long to come back. */
const START_MS = 700;

/** Faults for about this long. */
export function drawSchedule(seed: number, seconds: number, kinds: Kinds): PlannedFault[] {
  const { strikes, cuts, followsCatalog = false } = kinds;
  const strikesCatalogs = strikes && followsCatalog;
  const random = createRandom(seed);
  const between = ([least, most]: readonly [number, number]) =>
    Math.round(least + random() * (most - least));
  const shuffle = (blows: readonly Blow[]) => shuffled(blows, random);
  const first = [
    ...shuffle([
      ...(strikes ? STRIKES_FIRST : []), ...(strikesCatalogs ? [BOTH_LEADERS] : []),
      ...(cuts ? CUTS_FIRST : []),
    ]),
    ...shuffle(strikes ? STRIKES_SECOND : []),
  ];
  const deck = [
    ...(strikes ? STRIKES : []), ...(strikesCatalogs ? STRIKES_CATALOGS : []),
    ...(cuts ? CUTS.map((cut) => ({ how: "cut", cut }) as const) : []),
  ];
  const schedule: PlannedFault[] = [];
  const cards: Blow[] = [];
  let leftMs = seconds * 1_000;
  while (leftMs > 0) {
    if (cards.length === 0) cards.push(...shuffle(deck));
    const waits = schedule.length < first.length;
    const blow = waits ? first[schedule.length]! : cards.shift()!;
    const hold = waits ? FIRST_HOLD_MS : blow.how === "cut" ? CUT_HOLD_MS : HOLD_MS;
    const fault = { ...blow, waits, holdMs: between(hold), restMs: between(REST_MS) };
    schedule.push(fault);
    leftMs -= fault.holdMs + fault.restMs;
    if (blow.how !== "pause" && blow.how !== "cut") leftMs -= START_MS;
  }
  return schedule;
}

/** As its kind is called in reports. */
export function kindOf(fault: Blow): string {
  return `${fault.how} of ${fault.how === "cut" ? fault.cut : fault.targets.join(" and ")}`;
}

/** @param whom `order 3, catalog 1` */
export function sentenceOf(
  fault: PlannedFault,
  { atMs, whom }: { atMs: number; whom: string },
): string {
  const at = `${(atMs / 1_000).toFixed(1).padStart(6)} s`;
  const forMs = `${(fault.holdMs / 1_000).toFixed(1)} s`;
  if (fault.how === "cut") return `${at}  cut ${fault.cut} (${whom}) for ${forMs}`;
  const { how, targets } = fault;
  const who = targets[0] === "everything" ? "every member" : `${targets.join(" and ")} (${whom})`;
  const did = {
    kill: `killed ${who}, started again after ${forMs}`,
    pause: `paused ${who} for ${forMs}`,
    stop: `stopped ${who} gracefully, started again after ${forMs}`,
    flap: `killed ${who}, started again after ${forMs}, killed again at once, started again`,
  }[how];
  return `${at}  ${did}`;
}
