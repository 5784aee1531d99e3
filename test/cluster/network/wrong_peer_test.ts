/**
 * A stranger on the port of a member that is gone, as after a port was given to another
 * program: it answers, and what it answers makes no sense. Nobody believes it or ends of it.
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import type { MemberName } from "../../../client/launcher/layout.ts";
import { catalog, frontend, order, startStore, type TestStore } from "../support/harness.ts";
import { checkAllKept } from "../support/kept_orders.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

/** One after the other: JSON and not, of some shape of ours and of none. */
const ANSWERS: readonly [status: number, body: string][] = [
  [200, "null"],
  [200, "{}"],
  [200, "[]"],
  [200, '"ok"'],
  [200, "<html>It works!</html>"],
  [200, '{"results":[]}'],
  [200, '{"results":null}'],
  [200, '{"kind":"replicated"}'],
  [200, '{"kind":"voted"}'],
  [200, '{"kind":"log_page"}'],
  [200, '{"kind":"replicated","term":"1","result":"appended","match":-1,"round":{}}'],
  [200, '{"id":1,"state":"normal","role":"leader","term":null,"serving":true}'],
  [404, "Not Found"],
  [500, '{"error":"oops"}'],
  [503, '{"error":{"code":503,"reason":"no_such_reason","message":1,"details":[]}}'],
];

/** Kills the member and answers in its place, until `meanwhile` is over. */
async function inPlaceOf(
  store: TestStore,
  member: MemberName,
  meanwhile: (asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0;
  const stranger = createServer((request, response) => {
    const [status, body] = ANSWERS[asked++ % ANSWERS.length]!;
    request.resume().on("end", () => response.writeHead(status).end(body));
  });
  await store.kill(member);
  const { hostname, port } = new URL(store.running.member(member).internalUrl);
  await new Promise<void>((resolve, reject) => {
    stranger.once("error", reject);
    stranger.listen(Number(port), hostname, resolve);
  });
  try {
    await meanwhile(() => asked);
  } finally {
    stranger.closeAllConnections();
    await new Promise((resolve) => stranger.close(resolve));
  }
  await store.restart(member);
}

test("a stranger on a dead member's port harms nobody", async (t) => {
  const store = await startStore(t, { orders: 3, frontends: 2, environment: STOCKED });
  const count = store.running.members.length;
  const checkAllRun = (): void =>
    assert.equal(store.running.running().length, count - 1, "only the one that was killed is gone");
  const buyers = store.buyers(4);
  await until("orders", () => buyers.bought.length > 50);
  for (const member of [order(1), order(3), frontend(2)]) {
    // A front-end is asked until its lease has run out, and not again: as often as it comes.
    const answers = member.kind === "frontend" ? 0 : 2 * ANSWERS.length;
    await inPlaceOf(store, member, async (asked) => {
      const sold = buyers.bought.length;
      await until("the stranger's answers were heard", () => asked() > answers, 20_000);
      await until("orders without it", () => buyers.bought.length > sold + 50, 20_000);
      checkAllRun();
    });
  }
  await inPlaceOf(store, catalog(), async (asked) => {
    await until("every answer was given twice", () => asked() > 2 * ANSWERS.length, 20_000);
    assert.equal((await store.shopper.ask("/products/Whale")).status, 503);
    checkAllRun();
  });
  const sold = buyers.bought.length;
  await until("orders afterwards", () => buyers.bought.length > sold + 50, 10_000);
  await buyers.stop();
  await checkAllKept(store, buyers);
});
