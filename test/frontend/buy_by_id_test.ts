/** POST /buy/:id: a purchase of the product with that id, in what its name left of the time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlaceWithinAsk } from "../../frontend/owner_messages.ts";
import { pause, systemClock } from "../../shared/clock.ts";
import { ORDER_DEADLINE_MS } from "../../shared/limits.ts";
import { startPublicApi } from "./public_api.ts";

const NAME_TAKES_MS = 30;

test("the time that the name took is not waited for a second time", async (t) => {
  const api = await startPublicApi(t, { store: "books" });
  api.owner.answers["name"] = async () => {
    await pause(systemClock, NAME_TAKES_MS);
    return "Leases";
  };
  api.owner.answers["place_within"] = () => ({ code: "ordered", number: 7, replayed: false });
  assert.match(await api.send("POST /buy/7", ["Idempotency-Key: k"]), /^HTTP\/1\.1 200 OK\n/);
  const { purchase, withinMs } = api.owner.latest<PlaceWithinAsk>();
  assert.deepEqual(JSON.parse(purchase), { key: "k", name: "Leases", type: "buy", quantity: 1 });
  assert(withinMs > 0 && withinMs <= ORDER_DEADLINE_MS - NAME_TAKES_MS + 1, `${withinMs} ms`);
});

test("an id that nothing has is 404, and nobody is asked to sell", async (t) => {
  const api = await startPublicApi(t, { store: "books" });
  api.owner.answers["name"] = () => null;
  assert.match(await api.send("POST /buy/7"), /^HTTP\/1\.1 404 Not Found\n/);
  assert.deepEqual(api.owner.asked.map(({ kind }) => kind), ["name"]);
});
