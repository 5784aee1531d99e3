/** Followers of the catalog that answer look-ups, and what they cannot know by themselves. */
import { LEASE_MS } from "../../../shared/limits.ts";
import { anyFrontend, between, CATALOG, crash, cut, type Step, type Story } from "./stories.ts";

/** Who leads it has no room for a moment and makes way for another; both go on. */
export function makeWay(atMs: number): Step {
  return { atMs, kind: "disk full", who: CATALOG, isHard: false, forMs: 300 };
}

export const FOLLOWERS: readonly Story[] = [
  // It hears nothing of what is sold.
  (random) => {
    const who = `catalog ${1 + random.below(3)}`;
    return [cut(0, CATALOG, who, between(random, 150, 900))];
  },
  // What is sold is on all disks, and nobody is shown it before a front-end has heard of it.
  (random, sizes) => {
    return [cut(0, CATALOG, anyFrontend(random, sizes), between(random, 200, LEASE_MS))];
  },
  // The next leader waits for a front-end that is out of reach, with all that was sold before.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    const atMs = between(random, 20, 150);
    return [
      { atMs: 0, kind: "isolate", who, forMs: 900 },
      random.chance(0.5) ? crash(atMs, CATALOG, { downMs: 50 }) : makeWay(atMs),
    ];
  },
  // The same, and it gives way to a third before it could show anything. The other front-end
  // hears of none of that; then it reaches who has led for a moment, and not who leads.
  (random) => {
    const out = 1 + random.below(2);
    const other = `frontend ${3 - out}`;
    const backMs = between(random, 350, 450);
    return [
      { atMs: 0, kind: "isolate", who: `frontend ${out}`, forMs: 950 },
      cut(0, CATALOG, other, 130),
      { atMs: 120, kind: "isolate", who: other, forMs: backMs - 120 },
      { atMs: 130, kind: "stop", who: CATALOG, downMs: 20 },
      makeWay(between(random, 180, 230)),
      cut(backMs - 5, CATALOG, other, 600),
      cut(backMs - 5, other, CATALOG, 600),
    ];
  },
  // A front-end drops its lease and gets another, with changes under way.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    const heardMs = between(random, 100, 300);
    return [
      crash(0, who, { downMs: 20 }),
      cut(0, CATALOG, anyFrontend(random, sizes), heardMs),
    ];
  },
  // It is cut off from the catalog's leader until it has no lease, but not from the others.
  (random, sizes) => {
    const who = anyFrontend(random, sizes);
    const forMs = between(random, LEASE_MS, 2 * LEASE_MS);
    return [cut(0, who, CATALOG, forMs), cut(0, CATALOG, who, forMs)];
  },
];
