/** Products that come and go in a real store: seen and bought everywhere, or nowhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { audit } from "../../../client/check/main.ts";
import { ADMIN, startBookShop } from "../support/book_shop.ts";
import { catalog } from "../support/harness.ts";
import type { Shopper } from "../support/shopper.ts";

const headers = ADMIN;
const path = (name: string) => `/products/${encodeURIComponent(name)}`;

test("a product made at one front-end is bought at the other, and removed for both", async (t) => {
  const { store, one, other } = await startBookShop(t);
  const isListed = async (front: Shopper, name: string) => {
    const { data } = (await front.ask("/list")).body as { data: { name: string }[] };
    return data.some((book) => book.name === name);
  };
  const make = (front: Shopper, name: string) => front.ask("/products", {
    method: "POST", headers, body: { name, topic: "Testing", price: 3.5, quantity: 4 },
  });
  for (let round = 1; round <= 20; round++) {
    const [admin, reader] = round % 2 === 0 ? [one, other] : [other, one];
    const name = `Édition №${round}, "signed"`;
    // So that both caches hold the list that is about to change.
    assert.deepEqual([await isListed(one, name), await isListed(other, name)], [false, false]);
    const { status, body, headers: made } = await make(admin, name);
    assert.equal(status, 201);
    const id = 12 + round;
    assert.deepEqual((body as { data: object }).data, {
      id, name, topic: "Testing", price: 3.5, quantity: 4,
    });
    assert.equal(made.location, path(name));
    assert.deepEqual([await isListed(reader, name), await isListed(admin, name)], [true, true]);
    const purchase = { method: "POST", headers: { "idempotency-key": `book-${id}` } };
    const bought = await reader.ask(`/buy/${id}`, purchase);
    assert.equal(bought.status, 200);
    assert.equal(((await admin.ask(`/get_quantity/${id}`)).body as {
      data: { quantity: number };
    }).data.quantity, 3);
    if (round % 4 !== 0) continue;
    const removed = await admin.ask(path(name), { method: "DELETE", headers });
    assert.deepEqual([removed.status, removed.body], [200, { data: { name } }]);
    for (const front of [reader, admin]) {
      assert.equal((await front.ask(`/lookup/${id}`)).status, 404);
      assert.equal((await front.ask(path(name))).status, 404);
      assert.equal(await isListed(front, name), false);
    }
    assert.equal((await reader.ask(`/buy/${id}`, { method: "POST" })).status, 404);
    // Its order is found under its key all the same, at a front-end that never heard of its id too.
    const again = await admin.ask(`/buy/${id}`, purchase);
    assert.deepEqual([again.status, again.body], [200, bought.body]);
    assert.equal(again.headers["idempotency-replayed"], "true");
    assert.equal((await reader.ask(path(name), { method: "DELETE", headers })).status, 404);
  }
  assert.equal((await make(one, 'Édition №3, "signed"')).status, 409);

  await store.kill(catalog());
  await store.restart(Promise.resolve(catalog()));
  assert.equal((await one.ask("/lookup/16")).status, 404, "removed before the catalog's death");
  const again = await make(other, 'Édition №4, "signed"');
  assert.equal(((again.body as { data: { id: number } }).data).id, 16, "its id is still its own");
  assert.equal((await one.ask("/buy/16", { method: "POST" })).status, 200);
  const { verdict } = await audit({ dataDir: store.running.dataDir, isNamed: true, url: null });
  assert.deepEqual(verdict.results.filter(({ ok }) => !ok), []);
});
