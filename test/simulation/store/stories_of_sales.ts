/** Stories of selling: between order leader and catalog, and while leaders of the orders change. */
import {
  anyFrontend, between, CATALOG, crash, cut, ORDER, type Step, type Story,
} from "./stories.ts";
import type { Target } from "./plan.ts";

const FOLLOWERS: readonly Target[] = ["the first order follower", "the second order follower"];

/** Both ways. */
function severed(atMs: number, one: Target, other: Target, forMs: number): Step {
  return { atMs, kind: "cut", from: one, who: other, oneWay: false, forMs };
}

/** The order leader and the catalog hear none of the other order replicas. */
function alone(atMs: number, forMs: number): Step[] {
  return FOLLOWERS.flatMap((follower) => [
    severed(atMs, ORDER, follower, forMs),
    severed(atMs, CATALOG, follower, forMs),
  ]);
}

/** A batch of sales gets no answer, and by the time it is asked again many others had one. */
export const OVERTAKEN: readonly Story[] = [
  (random) => [cut(0, ORDER, CATALOG, between(random, 2, 10))],
  (random) => [cut(0, CATALOG, ORDER, between(random, 2, 10))],
];

/** What was sold is not on the catalog's disk yet when the next order leader fences. */
export const HANGS: readonly Story[] = [
  (random) => [
    { atMs: 0, kind: "disk hangs", who: CATALOG, forMs: 1_800 },
    crash(between(random, 10, 80), ORDER, { downMs: 20 }),
    crash(between(random, 600, 1_400), CATALOG, { power: true, downMs: 20 }),
  ],
];

/** Of the order leader and the others each side has what the other lacks: catalog, majority. */
export const ALONE: readonly Story[] = [
  // The others start again and do not know that it leads; who leads them then is to stop at once,
  // and a front-end that had asked that one finds the old one again.
  (random, sizes) => {
    const frontend = anyFrontend(random, sizes);
    const atMs = 550;
    return [
      severed(0, frontend, ORDER, atMs + between(random, 60, 160)),
      ...alone(atMs, between(random, 400, 800)),
      ...FOLLOWERS.map((who) => crash(atMs, who, { downMs: 5 })),
      { atMs: atMs + 8, kind: "nominate", who: random.pick(FOLLOWERS) },
      { atMs: atMs + between(random, 60, 160), kind: "stop", who: ORDER, downMs: 20 },
    ];
  },
  // It falls with sales whose rows are nowhere else; the next one falls before it could fence.
  (random) => {
    const forMs = between(random, 700, 1_000);
    return [
      ...alone(0, forMs),
      { atMs: between(random, 420, 550), kind: "nominate", who: FOLLOWERS[1]! },
      crash(forMs - between(random, 0, 40), ORDER, { downMs: 400 }),
    ];
  },
];
