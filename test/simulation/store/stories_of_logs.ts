/** Stories of the logs: rows that one replica alone has, logs that are lost, checkpoints. */
import { between, CATALOG, crash, ORDER, type Story } from "./stories.ts";

const STRUCK = "who was struck";

export const LOGS: readonly Story[] = [
  // Who leads writes rows that nobody else gets, dies, and comes back when another leads: there
  // its rows are cut, and just then it dies once more.
  (random) => {
    const forMs = between(random, 60, 200);
    const who = random.pick([ORDER, CATALOG, CATALOG]);
    return [
      { atMs: 0, kind: "isolate", who, forMs, isUnheard: true },
      crash(forMs - 1, STRUCK, { isInCut: true, effects: 1 + random.below(6) }),
      crash(forMs, STRUCK, { downMs: between(random, 700, 1_100) }),
    ];
  },
  // It loses its log, and has all of it to fetch while many buy.
  (random, { orders }) => {
    const who = `order ${1 + random.below(orders)}`;
    return [crash(0, who, { damage: "log deleted", downMs: random.pick([20, 100]) })];
  },
  // A catalog loses all that it had; the others have only their checkpoints of most of it.
  (random, { catalogs }) => {
    const who = `catalog ${1 + random.below(catalogs)}`;
    const damage = random.pick(["log deleted", "wiped"] as const);
    return [crash(0, who, { damage, downMs: random.pick([20, 400]) })];
  },
  // It is away for so long that its rows are gone, and dies as it takes a checkpoint instead.
  (random, { catalogs }) => {
    const who = `catalog ${1 + random.below(catalogs)}`;
    const downMs = between(random, 400, 1_000);
    return [
      crash(0, who, { downMs }),
      crash(downMs + 20, who, { isInCut: true, effects: 1 + random.below(12) }),
    ];
  },
  // The lead of the catalog goes to another and comes back, each time to what was on a disk.
  (random) => [
    crash(0, CATALOG, { downMs: 20 }),
    crash(between(random, 600, 1_000), CATALOG, { downMs: 20 }),
  ],
];
