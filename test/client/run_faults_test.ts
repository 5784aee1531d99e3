/**
 * The client against front-ends that fail: what is safe to send again is sent
 * again, waiting is never hidden, and a run can be stopped at any time.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { reset, send, startFakeStore } from "./fake_store.ts";
import { buy, client, clientWith, lieOnce } from "./run_client.ts";

test("an order whose answer is lost is sent again under its key and made once", async (t) => {
  const lie = lieOnce("POST", /orders/, 3, ({ key }, response, store) => {
    const number = store.orders.length + 1;
    store.orders.push({ number, name: "Tux", quantity: 1 });
    store.keys.set(key ?? "", number);
    return reset(response);
  });
  const { code, json, store } = await buy(t, { lie });
  assert.equal(code, 0);
  assert.equal(json.repeats, 1);
  assert.equal(json.orders.made, 20);
  assert.equal(store.orders.length, 20);
  const posts = store.requests.filter(({ method }) => method === "POST");
  assert.equal(posts.length, 21);
  assert.equal(new Set(posts.map(({ key }) => key)).size, 20);
});

test("a 503 is asked again, and the time it took is not hidden", async (t) => {
  const lie = lieOnce("POST", /orders/, 3, (_request, response) => {
    send(response, 503, { error: { code: 503, message: "no leader" } });
    return true;
  });
  const { code, json } = await buy(t, { lie });
  assert.equal(code, 0);
  assert.equal(json.repeats, 1);
  assert((json.types.order.max ?? 0) >= 25);
  assert(json.gap_ms >= 25);
});

test("an answer that breaks off in the middle is asked again", async (t) => {
  const lie = lieOnce("GET", /orders/, 2, (_request, response) => {
    response.writeHead(200, { "Content-Length": "100" });
    response.write('{"data":');
    setImmediate(() => response.socket?.destroy());
    return true;
  });
  const { code, json } = await buy(t, { lie });
  assert.equal(code, 0);
  assert.equal(json.repeats, 1);
});

test("of two front-ends one dies in the middle: it goes on with the other", async (t) => {
  const second = await startFakeStore(t);
  const lie = lieOnce("POST", /orders/, 10, (_request, response, store) => {
    reset(response);
    void store.kill();
    return true;
  });
  const first = await startFakeStore(t, { shares: second, lie });
  const args = ["1", "--iterations", "20", "--json", "--url", `${first.url},${second.url}`];
  const { code, json } = await client(...args);
  assert.equal(code, 0);
  assert.deepEqual([json.orders.made, json.orders.same, json.errors], [20, 20, 0]);
  assert.equal(second.orders.length, 20);
  assert(first.requests.length > 0 && second.requests.length > 20);
});

test("a front-end that is dead from the start is passed over", async (t) => {
  const dead = await startFakeStore(t);
  await dead.kill();
  const alive = await startFakeStore(t);
  const { code } = await client("1", "--iterations", "3", "--url", dead.url, "--url", alive.url);
  assert.equal(code, 0);
  assert.equal(alive.orders.length, 3);
});

test("a store that goes away for good: it stops, and tells what was not compared", async (t) => {
  const store = await startFakeStore(t, {
    lie: lieOnce("POST", /orders/, 5, (_request, response, dying) => {
      reset(response);
      void dying.kill();
      return true;
    }),
  });
  const interrupts: (() => void)[] = [];
  const running = clientWith(
    { onInterrupt: (handler) => (interrupts.push(handler), () => {}) },
    "1",
    "--iterations",
    "20",
    "--json",
    "--url",
    store.url,
  );
  while (store.requests.filter(({ method }) => method === "POST").length < 5) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Somebody at the keyboard shortens the patience.
  for (const interrupt of interrupts) interrupt();
  for (const interrupt of interrupts) interrupt();
  const { code, json } = await running;
  assert.equal(code, 1);
  assert.equal(json.stopped, "by you");
  assert.deepEqual([json.orders.made, json.orders.not_compared], [4, 4]);
  assert.match(json.verdict, /4 orders not compared/);
});

test("Control-C stops the buying, and what was bought is compared", async (t) => {
  let interrupt = () => {};
  const lie = lieOnce("POST", /orders/, 5, () => {
    interrupt();
    return false;
  });
  const store = await startFakeStore(t, { lie });
  const { code, out } = await clientWith(
    { onInterrupt: (handler) => ((interrupt = handler), () => {}) },
    "1",
    "--iterations",
    "1000000",
    "--url",
    store.url,
  );
  assert.equal(code, 0);
  assert.match(out, /Stopped early/);
  assert.match(out, /OK: All 5 orders are in the store/);
});

test("five clients share the work, each on its own connection", async (t) => {
  const { code, json, store } = await buy(t, {}, "--clients", "5");
  assert.equal(code, 0);
  assert.equal(json.types.lookup.count, 100);
  assert.equal(json.orders.same, 100);
  assert.equal(store.connections, 6);
});

test("with a rate, an answer that comes late makes all those planned behind it late", async (t) => {
  const lie = lieOnce("GET", /products\//, 10, (_request, response) => {
    setTimeout(() => send(response, 200, { data: { name: "Tux", price: 1, quantity: 1 } }), 200);
    return true;
  });
  const store = await startFakeStore(t, { lie });
  const args = ["0", "--iterations", "50", "--rate", "200", "--json", "--url", store.url];
  const { json } = await client(...args);
  // 200 ms at 200 a second are 40 requests: half of the 50 waited 100 ms or more.
  assert((json.types.lookup.max ?? 0) >= 199);
  assert((json.types.lookup.p50 ?? 0) >= 50, `p50 ${json.types.lookup.p50} hides the stall`);
});
