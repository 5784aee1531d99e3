/**
 * Faults that do harm only one after the other, at the right moments: chance
 * alone hardly ever deals them so. Whom they strike is told by role, and when
 * is drawn anew each time.
 */
import type { Random } from "../random.ts";
import type { PlannedFault, Sizes, Target } from "./plan.ts";

/** Times count from the story's beginning, ms. */
export type Step = { atMs: number } & PlannedFault;
export type Story = (random: Random, sizes: Sizes) => Step[];

export const CATALOG: Target = "the catalog leader";
export const ORDER: Target = "the order leader";

export function anyFrontend(random: Random, { frontends }: Sizes): Target {
  return `frontend ${1 + random.below(frontends)}`;
}

export function between(random: Random, least: number, most: number): number {
  return least + random.next() * (most - least);
}

/** Nothing gets from one to the other; the way back is free. */
export function cut(atMs: number, from: Target, who: Target, forMs: number): Step {
  return { atMs, kind: "cut", from, who, oneWay: true, forMs };
}

type Crash = Partial<Omit<PlannedFault & { kind: "crash" }, "kind" | "who">>;

export function crash(atMs: number, who: Target, rest: Crash): Step {
  return { atMs, kind: "crash", who, power: false, effects: 0, downMs: 20, damage: null, ...rest };
}

/** Front-ends that are not heard, or hear nobody. */
export const DEAF: readonly Story[] = [
  // It sleeps while its lease is being renewed, and wakes where nobody can reach it.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    const forMs = between(random, 150, 390);
    return [
      { atMs: 0, kind: "pause", who, forMs },
      { atMs: forMs - 5, kind: "isolate", who, forMs: 1_500 },
    ];
  },
  // What changes is not told to it for about as long as its lease lasts.
  (random, sizes) => {
    return [cut(0, CATALOG, anyFrontend(random, sizes), between(random, 600, 1_600))];
  },
  // It gives its lease back, gets another, and then hears of nothing that changes.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    return [
      { atMs: 0, kind: "stop", who, downMs: 20 },
      cut(between(random, 150, 1_500), CATALOG, who, 1_200),
    ];
  },
  (random, sizes) => {
    return [{ atMs: 0, kind: "stop", who: anyFrontend(random, sizes), downMs: 400 }];
  },
  // It gives its lease back, and waits in vain for the catalog's word.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    return [
      cut(0, CATALOG, who, 500),
      { atMs: between(random, 20, 200), kind: "stop", who, downMs: 100 },
    ];
  },
];

/** Who led before does not know yet that another does, and a front-end asks it. */
export const LEADERS: readonly Story[] = [
  (random, sizes) => {
    const side = [random.pick([CATALOG, ORDER]), anyFrontend(random, sizes)];
    return [{ atMs: 0, kind: "partition", side, forMs: between(random, 1_000, 3_000) }];
  },
  // The front-end knew the new leader already, and may be another process by now.
  (random, sizes) => {
    const frontend = anyFrontend(random, sizes);
    const leader = random.pick([CATALOG, ORDER]);
    const forMs = between(random, 550, 1_000);
    const steps: Step[] = [
      { atMs: 0, kind: "pause", who: leader, forMs },
      { atMs: forMs - 10, kind: "partition", side: ["who was struck", frontend], forMs: 900 },
    ];
    if (random.chance(0.5)) steps.push(crash(forMs - 60, frontend, { downMs: 20 }));
    return steps;
  },
];

/** The catalog dies with sales under way, and comes back before its leases are over. */
export const RESTARTS: readonly Story[] = [
  (random) => [crash(0, CATALOG, { downMs: 20, effects: 1 + random.below(6) })],
  // A front-end hears nothing of the new leadership, or it hears nothing of the front-end.
  (random, sizes) => {
    const frontend = anyFrontend(random, sizes);
    const forMs = between(random, 300, 1_300);
    const steps = [crash(0, CATALOG, { downMs: random.pick([20, 60]), effects: 1 })];
    const atMs = between(random, 0, 300);
    steps.push(random.chance(0.5)
      ? cut(atMs, "catalog 1", frontend, forMs)
      : cut(atMs, frontend, "catalog 1", forMs));
    return steps;
  },
  // A front-end begins anew, and so does the catalog: what it asked the one before reaches it.
  (random, sizes) => {
    const frontend = anyFrontend(random, sizes);
    const atMs = between(random, 150, 1_200);
    return [
      crash(0, frontend, { downMs: 20 }),
      crash(atMs, CATALOG, { downMs: 20 }),
      cut(atMs, frontend, "catalog 1", 900),
    ];
  },
  (random) => [
    { atMs: 0, kind: "stop", who: ORDER, downMs: 400 },
    crash(between(random, 0, 200), CATALOG, { downMs: 20 }),
  ],
];

/** The catalog's machine loses power, with an order leader that has just begun, or without. */
export const POWER: readonly Story[] = [
  (random) => [crash(0, CATALOG, { power: true, downMs: 20, effects: 1 + random.below(8) })],
  (random) => [
    { atMs: 0, kind: "stop", who: ORDER, downMs: 100 },
    crash(between(random, 5, 150), CATALOG, { power: true, downMs: 20 }),
  ],
];

/** Rows are cut, votes are given: and just then somebody dies, or forgets. */
export const DISKS: readonly Story[] = [
  // Who led comes back with rows that nobody else has.
  (random) => {
    const forMs = between(random, 500, 900);
    return [
      { atMs: 0, kind: "isolate", who: random.pick([ORDER, CATALOG]), forMs },
      crash(forMs + between(random, 0, 150), "who was struck", { effects: 1 + random.below(12) }),
    ];
  },
  // A candidate dies, and who voted for it has lost its promise.
  (random, { orders }) => {
    const candidate = 1 + random.below(orders);
    const voter = 1 + ((candidate + random.below(orders - 1)) % orders);
    const atMs = between(random, 400, 700);
    return [
      crash(0, ORDER, { downMs: 300 }),
      crash(atMs, `order ${candidate}`, { downMs: 1_200 }),
      crash(atMs + 1, `order ${voter}`, { damage: "promise deleted" }),
    ];
  },
];

/** An order leader gives way, or falls; what was asked of it is still under way. */
export const COPIES: readonly Story[] = [
  () => [{ atMs: 0, kind: "stop", who: ORDER, downMs: 20 }],
  () => [crash(0, ORDER, { downMs: 20 })],
  (random, sizes) => [cut(0, anyFrontend(random, sizes), ORDER, 400)],
];

/** All order replicas die, and stay away for longer than a buyer waits. */
export const BLACKOUTS: readonly Story[] = [
  () => [{ atMs: 0, kind: "crash of all", who: "orders", power: false, downMs: 5_500 }],
];
