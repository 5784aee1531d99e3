/** A front-end out of everybody's reach still shows what it keeps, as long as its lease lasts. */
import { LEASE_RENEW_MS } from "../../../shared/limits.ts";
import type { Random } from "../random.ts";
import { anyFrontend, between, CATALOG, crash, cut, type Step, type Story } from "./stories.ts";

/** The catalog's only replica is back before long, and somebody sees to it that it leads. */
function beginAnew(random: Random, atMs: number): Step[] {
  const backMs = atMs + between(random, 25, 60);
  return [
    crash(atMs, CATALOG, { downMs: 20 }),
    { atMs: backMs, kind: "nominate", who: "catalog 1" },
  ];
}

/** The catalog begins anew meanwhile. */
export const ISLANDS: readonly Story[] = [
  // What it asked long ago is all that the next leadership hears of it.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    const atMs = between(random, 50, 200);
    const askedMs = atMs + between(random, 70, 300);
    return [
      { atMs: 0, kind: "isolate", who, forMs: 700 },
      ...beginAnew(random, atMs),
      { atMs: askedMs, kind: "asked again", who: "catalog 1", from: who },
    ];
  },
  // What was sold just before is not told to it, and it hears the next leadership at once.
  (random, sizes) => {
    return [
      cut(0, CATALOG, anyFrontend(random, sizes), 250),
      ...beginAnew(random, between(random, 50, 200)),
    ];
  },
];

/** Its machine has hardly any time for it. */
export const SLEEPERS: readonly Story[] = [
  // It sleeps, wakes to ask for its lease and sleeps again; the answer finds it out of reach.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    const wakesMs = LEASE_RENEW_MS + between(random, 5, 30);
    const againMs = wakesMs + between(random, 0.5, 4);
    const forMs = between(random, 200, 390);
    return [
      { atMs: 0, kind: "pause", who, forMs: wakesMs },
      { atMs: againMs, kind: "pause", who, forMs },
      { atMs: againMs + forMs - 5, kind: "isolate", who, forMs: 1_000 },
    ];
  },
];
