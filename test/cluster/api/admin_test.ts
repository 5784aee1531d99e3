/** The admin of a real store: what was changed is seen everywhere from the answer on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit } from "../../../client/check/main.ts";
import { ADMIN, startBookShop } from "../support/book_shop.ts";
import { catalog } from "../support/harness.ts";
import type { Shopper } from "../support/shopper.ts";

const headers = ADMIN;

test("a price is seen by every front-end from the moment the admin has the answer", async (t) => {
  const { store, one, other } = await startBookShop(t);
  const price = async (front: Shopper) =>
    ((await front.ask("/lookup/8")).body as { data: { price: number } }).data.price;
  for (let round = 1; round <= 30; round++) {
    // So that both caches hold what is about to change.
    await Promise.all([price(one), price(other)]);
    const [admin, reader] = round % 2 === 0 ? [one, other] : [other, one];
    const { status } = await admin.ask(`/update_c/8/${round}`, { method: "POST", headers });
    assert.equal(status, 200);
    assert.deepEqual([await price(reader), await price(admin)], [round, round]);
  }

  await store.buy("The Quorum", 40);
  const added = await one.ask("/update_q/8/15", { method: "POST", headers });
  assert.deepEqual((added.body as { data: object }).data, {
    id: 8, name: "The Quorum", topic: "replication", price: 30, quantity: 75,
  });
  const body = { price: 9.99, quantity: 5 };
  const condition = { ...headers, "if-match": String(added.headers.etag) };
  const patch = () => other.ask("/products/The%20Quorum", {
    method: "PATCH", body, headers: condition,
  });
  assert.equal((await patch()).status, 200);
  assert.equal((await patch()).status, 412, "it has been changed since");
  assert.equal((await store.product("The Quorum")).quantity, 5);
  assert.equal((await one.ask("/lookup/8", { headers: condition })).status, 200);
  const anonymous = await one.ask("/update_c/8/1", { method: "POST" });
  assert.equal(anonymous.status, 401);

  await store.kill(catalog());
  await store.restart(Promise.resolve(catalog()));
  assert.deepEqual([await price(one), (await store.product("The Quorum")).quantity], [9.99, 5]);
  await store.checkBooksBalance();
  const { verdict } = await audit({ dataDir: store.running.dataDir, isNamed: true, url: null });
  assert.deepEqual(verdict.results.filter(({ ok }) => !ok), []);
});
