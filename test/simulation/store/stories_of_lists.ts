/** Lists that take so long that who began them is another when they are found. */
import { anyFrontend, between, CATALOG, cut, type Story } from "./stories.ts";
import { FOLLOWERS, makeWay } from "./stories_of_followers.ts";

/** It hears nothing of so much that its rows are gone, and takes a checkpoint while it is asked. */
const checkpointed: Story = (random) => {
  return [cut(0, CATALOG, `catalog ${1 + random.below(3)}`, between(random, 20, 150))];
};

export const LISTS: readonly Story[] = [
  ...FOLLOWERS,
  // The lead goes to another and comes back, and a front-end hears nothing of what was sold.
  (random, sizes) => {
    const forMs = between(random, 700, 1_000);
    const firstMs = between(random, 20, 150);
    return [
      cut(0, CATALOG, anyFrontend(random, sizes), forMs),
      makeWay(firstMs),
      makeWay(firstMs + between(random, 30, 200)),
    ];
  },
  // It loses the lead, as no other hears it, and has it again.
  (random, sizes) => {
    const forMs = between(random, 380, 500);
    return [
      { atMs: 0, kind: "isolate", who: anyFrontend(random, sizes), forMs: 950 },
      { atMs: 0, kind: "isolate", who: CATALOG, forMs, isUnheard: true },
    ];
  },
  checkpointed, checkpointed, checkpointed,
];
