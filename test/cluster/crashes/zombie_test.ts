/**
 * A leader that sleeps (SIGSTOP) while another takes its place, with requests in its sockets:
 * when it wakes it answers none of them from what it knew before; and a new leader answers for
 * the orders of a dead one at once.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MemberName } from "../../../client/launcher/layout.ts";
import type { FindAnswer, PlaceAnswer, PlaceRequest } from "../../../shared/messages/messages.ts";
import { startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

interface Answered<T> {
  status: number;
  body: T & { error?: { reason: string } };
}

/** A request to one member's internal port, as a front-end sends it. */
async function ask<T>(
  { running }: TestStore,
  member: MemberName,
  { path, body }: { path: string; body: object },
): Promise<Answered<T>> {
  const answer = await fetch(`${running.member(member).internalUrl}${path}`, {
    method: "POST",
    headers: { ...running.internalHeaders, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Answered<T>["body"] };
}

test("an order is found at the next leader as soon as the one that took it is dead", async (t) => {
  const store = await startStore(t);
  for (let round = 0; round < 2; round++) {
    const { number, name, quantity } = await store.buy("Tux", 2);
    const killed = await store.kill(store.leader());
    assert.deepEqual(await store.order(number), { number, name, quantity });
    await store.restart(killed);
    await store.checkLogsEqual();
  }
});

test("what a sleeping leader was asked it does not answer from before its sleep", async (t) => {
  const store = await startStore(t);
  for (let round = 1; round <= 3; round++) {
    const { number } = await store.buy("Tux");
    const term = Number((await store.health(await store.leader())).term);
    const asleep = await store.pause(store.leader());
    const late: PlaceRequest = {
      term,
      sender: `late-${round}`,
      batch: 1,
      orders: [{ key: `late-${round}`, name: "Tux", type: "buy", quantity: 1 }],
    };
    const found = ask<FindAnswer>(store, asleep, {
      path: "/orders/find", body: { numbers: [number + 1] },
    });
    const placed = ask<PlaceAnswer>(store, asleep, { path: "/orders", body: late });
    const next = await store.buy("Fox");
    assert.equal(next.number, number + 1);
    assert.notDeepEqual(await store.leader(), asleep);
    await store.resume(asleep);

    const { status, body } = await found;
    assert.equal(status, 503, `it must not say that there is no such order: ${body.results}`);
    assert.equal(body.error!.reason, "not_leader");
    const { body: answer } = await placed;
    const outcome = answer.error?.reason ?? answer.results[0]!.code;
    assert(["not_leader", "unknown"].includes(outcome), `it can sell nothing: ${outcome}`);
    await until("it to follow", async () => (await store.health(asleep)).role === "follower");
    await store.checkLogsEqual();
  }
  const keys = store.rows(await store.leader()).map(({ key }) => key!);
  assert.deepEqual(keys.filter((key) => key.startsWith("late")), []);
  await store.checkBooksBalance();
});
