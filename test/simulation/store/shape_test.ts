/**
 * The shape of the work that an order costs, counted where every request of
 * every member is seen: how many requests there are on each hop, alone and in
 * a crowd. Appends and flushes are counted on real disks (batching_test.ts).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { calmPlan } from "./calm_plan.ts";
import type { Plan } from "./plan.ts";
import { play } from "./run.ts";

const CROWD = 400;
const BUY = {
  kind: "order", client: 1, type: "buy", id: null, quantity: 1, twin: "", again: "", once: true,
  looks: false,
} as const;

/** All at the same moment, at two front-ends. */
function planFor(buyers: number): Plan {
  const plan = calmPlan();
  const products = plan.products.map((product) => ({ ...product, quantity: 1_000 }));
  const events = Array.from({ length: buyers }, (_, at) => {
    const { name } = products[at % products.length]!;
    return { ...BUY, atMs: 100, key: `crowd${at}`, name, frontend: 1 + (at % 2) };
  });
  return { ...plan, products, events, drift: 0, cacheSize: 8 };
}

/** Requests between members on each hop of an order; heartbeats carry no rows. */
async function countRequests(buyers: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const messages = (line: string): void => {
    const hop = /-> \w+ \d  POST (\/orders|\/sales|\/invalidate|\/replicate) /.exec(line)?.[1];
    if (hop === undefined || line.startsWith("people", line.indexOf(" ") + 1)) return;
    if (hop === "/replicate" && line.includes('"rows":""')) return;
    counts.set(hop, (counts.get(hop) ?? 0) + 1);
  };
  await play(planFor(buyers), { counts: new Map(), messages });
  return counts;
}

test("alone, an order is one request a hop, and one to each follower and front-end", async () => {
  const [without, alone] = [await countRequests(0), await countRequests(1)];
  const more = (hop: string) => alone.get(hop)! - without.get(hop)!;
  assert.equal(more("/orders"), 1);
  assert.equal(more("/sales"), 1);
  assert.equal(more("/invalidate"), 2);
  assert.equal(more("/replicate"), 2);
});

test("in a crowd hundreds of orders share a few requests on every hop", async () => {
  const [without, crowd] = [await countRequests(0), await countRequests(CROWD)];
  for (const [hop, atMost] of [
    ["/orders", 10], ["/sales", 10], ["/invalidate", 20], ["/replicate", 20],
  ] as const) {
    const more = crowd.get(hop)! - without.get(hop)!;
    assert(more >= 1 && more <= atMost, `${more} requests to ${hop} for ${CROWD} orders`);
  }
});
