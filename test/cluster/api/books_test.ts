/** The book store, by its contract: books have ids and topics, and one is bought by its id. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startStore } from "../support/harness.ts";
import { Shopper, type Question } from "../support/shopper.ts";

const LOGS = {
  id: 7, name: "Logs, Leaders and Leases", topic: "replication", price: 42, quantity: 100,
};

test("books are listed, searched, looked up and bought, the same at each front-end", async (t) => {
  const store = await startStore(t, { store: "books", frontends: 2 });
  const fronts = store.running.urls.map((url) => new Shopper(url));
  t.after(() => fronts.forEach((front) => front.close()));
  const ask = (path: string, question?: Question) => store.shopper.ask(path, question);
  const show = async (path: string) => {
    const answers = await Promise.all(fronts.map((front) => front.ask(path)));
    for (const { status } of answers) assert.equal(status, 200, path);
    const [one, other] = answers.map(({ body }) => (body as { data: unknown }).data);
    assert.deepEqual(one, other, path);
    return one;
  };
  assert.equal(JSON.stringify(await show("/lookup/7")), JSON.stringify(LOGS));
  assert.deepEqual(await show(`/products/${encodeURIComponent(LOGS.name)}`), LOGS);
  assert.equal(JSON.stringify(await show("/get_quantity/7")), '{"id":7,"quantity":100}');
  const ids = async (path: string) => ((await show(path)) as { id: number }[]).map(({ id }) => id);
  assert.deepEqual(await ids("/list"), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.deepEqual(await ids("/search/replication"), [7, 8, 9]);
  assert.deepEqual(await ids("/search/Graduate%20SCHOOL"), [4, 5, 6]);
  assert.deepEqual(await ids("/search/gardening"), []);
  assert.deepEqual(await ids("/products?topic=Replication"), [9, 7, 8]);
  assert.deepEqual(await ids("/list?limit=2&after=10"), [11, 12]);
  const { headers } = await ask("/list?limit=2");
  assert.equal(headers.link, '<?limit=2&after=2>; rel="next"');

  const question = { method: "POST", headers: { "idempotency-key": "mine" } };
  const bought = await ask("/buy/7", question);
  assert.deepEqual([bought.status, bought.body], [200, { data: { order_number: 1 } }]);
  assert.equal(bought.headers.location, "/orders/1");
  for (const path of ["/lookup/7", "/search/replication", "/list", "/get_quantity/7"]) {
    const shown = await show(path);
    const book = Array.isArray(shown) ? shown.find(({ id }) => id === 7) : shown;
    assert.equal((book as typeof LOGS).quantity, 99, path);
  }
  const again = await fronts[1]!.ask("/buy/7", question);
  assert.deepEqual(again.body, { data: { order_number: 1 } });
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.equal((await ask("/buy/8", question)).status, 422);
  assert.deepEqual(await show("/orders/1"), { number: 1, name: LOGS.name, quantity: 1 });

  const hit = await ask("/lookup/7");
  assert.match(String(hit.headers["cache-status"]), /; hit$/);
  const unchanged = await ask("/get_quantity/7", {
    headers: { "if-none-match": String(hit.headers.etag) },
  });
  assert.equal(unchanged.status, 304);
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});

test("what the book store refuses", async (t) => {
  const store = await startStore(t, { store: "books", orders: 1 });
  for (const [method, path, status, body] of [
    ["GET", "/lookup/99", 404],
    ["GET", "/get_quantity/99", 404],
    ["POST", "/buy/99", 404],
    ["GET", "/lookup/0", 400],
    ["GET", "/lookup/07", 400],
    ["GET", "/lookup/one", 400],
    ["GET", "/lookup/1?verbose", 400],
    ["GET", "/list?topic=craft", 400],
    ["GET", "/list?after=Tux", 400],
    ["POST", "/buy/1", 400, { quantity: 2 }],
    ["GET", "/buy/1", 405],
    ["POST", "/list", 405],
    ["GET", "/stocks/GameStart", 404],
  ] as const) {
    const answer = await store.shopper.ask(path, { method, body });
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  }
  const { quantity } = await store.product("The Quorum");
  assert.equal(quantity, 100);
});

test("the last copies of a book, bought by its id: as many as there are", async (t) => {
  const store = await startStore(t, { store: "books", orders: 3 });
  await store.buy("The Quorum", 90);
  const buy = () => store.shopper.ask("/buy/8", { method: "POST" });
  const answers = await Promise.all(Array.from({ length: 40 }, buy));
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  assert.deepEqual({ sold: count(200), refused: count(409) }, { sold: 10, refused: 30 });
});
