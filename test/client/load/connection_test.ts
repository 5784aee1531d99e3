/** A connection against front-ends that refuse, are silent or never end; what headers say. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Buyer } from "../../../client/load/buyer.ts";
import { Connection, type ConnectionOptions } from "../../../client/load/connection.ts";
import { unpaced } from "../../../client/load/pace.ts";
import { isHit, nextPage, Shop } from "../../../client/load/shop.ts";
import { Tally } from "../../../client/load/tally.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import { AppError } from "../../../shared/errors.ts";
import { send, startFakeStore, type Lie } from "../fake_store.ts";

function connect(t: TestContext, options: ConnectionOptions): Connection {
  const connection = new Connection(options);
  t.after(() => connection.close());
  return connection;
}

const request = { method: "GET", path: "/products/Tux" } as const;
const refuse: Lie = (_request, response) => {
  send(response, 503, { error: { code: 503, message: "no quorum" } });
  return true;
};

test("503 without end is the answer once the patience is spent", async (t) => {
  const store = await startFakeStore(t, { lie: refuse });
  // Pauses of 20, 40, 80 and then 160 ms; a busy machine makes fewer of them.
  const connection = connect(t, { urls: [store.url], patienceMs: 1_000 });
  const answer = await connection.send(request);
  assert.equal(answer.status, 503);
  assert(
    store.requests.length >= 2 && store.requests.length <= 10,
    `${store.requests.length} attempts`,
  );
});

test("Retry-After is heeded", async (t) => {
  let calls = 0;
  const lie: Lie = (asked, response, store) => {
    calls += 1;
    response.setHeader("Retry-After", "0.2");
    return calls === 1 && refuse(asked, response, store);
  };
  const store = await startFakeStore(t, { lie });
  const fromMs = monotonicMs();
  assert.equal((await connect(t, { urls: [store.url] }).send(request)).status, 200);
  assert(monotonicMs() - fromMs >= 195);
});

test("a front-end that answers 503 is left for the next one, at once", async (t) => {
  const cutOff = await startFakeStore(t, { lie: refuse });
  const well = await startFakeStore(t);
  const connection = connect(t, { urls: [cutOff.url, well.url] });
  assert.equal((await connection.send(request)).status, 200);
  assert.equal(connection.url, well.url);
  await connection.send(request);
  assert.equal(cutOff.requests.length, 1, "and not asked again");
});

test("a silent front-end is left after the attempt's time", async (t) => {
  const silent = await startFakeStore(t, { lie: () => true });
  const well = await startFakeStore(t);
  const connection = connect(t, { urls: [silent.url, well.url], attemptTimeoutMs: 50 });
  assert.equal((await connection.send(request)).status, 200);
});

test("no answer from anybody is unavailable, and says of whom", async (t) => {
  const silent = await startFakeStore(t, { lie: () => true });
  const connection = connect(t, { urls: [silent.url], attemptTimeoutMs: 30, patienceMs: 0 });
  await assert.rejects(connection.send(request), (error) => {
    assert(error instanceof AppError);
    assert.equal(error.reason, "unavailable");
    assert.equal(error.message, `${silent.url} did not answer within 30 ms`);
    return true;
  });
});

test("an answer without end is cut off", async (t) => {
  const lie: Lie = (_request, response) => {
    response.end("x".repeat(2 * 1024 * 1024));
    return true;
  };
  const store = await startFakeStore(t, { lie });
  const connection = connect(t, { urls: [store.url], patienceMs: 0 });
  await assert.rejects(connection.send(request), /answered more than 1048576 bytes/);
});

test("a buyer whom nobody answers leaves after three requests", async (t) => {
  const store = await startFakeStore(t, { lie: refuse });
  const tally = new Tally();
  const buyer = new Buyer({
    shop: new Shop(connect(t, { urls: [store.url], patienceMs: 0 })),
    tally,
    names: ["Tux"],
    probability: 1,
    random: () => 0,
    key: String,
    stopped: () => false,
  });
  await buyer.buy(100, unpaced);
  assert.equal(buyer.hasLeft, true);
  assert.equal(tally.series.lookup.errors, 3);
  assert.equal(store.requests.length, 3);
});

test("Cache-Status: the nearest cache counts, hit is a parameter and not a name", () => {
  assert.equal(isHit("frontend-1; hit"), true);
  assert.equal(isHit("frontend-1; hit; ttl=3"), true);
  assert.equal(isHit("frontend-1; fwd=miss; stored"), false);
  assert.equal(isHit("hit; fwd=miss"), false);
  assert.equal(isHit("origin; hit, frontend-1; fwd=miss"), false);
  assert.equal(isHit(undefined), null);
});

test("Link: the next page is found among others, on this store only", () => {
  assert.equal(nextPage('</products?after=a>; rel="next"'), "/products?after=a");
  assert.equal(nextPage('</a>; rel="prev", </b?c=d>; rel="next"'), "/b?c=d");
  assert.equal(nextPage('<http://elsewhere/b>; rel="next"'), "/b");
  assert.equal(nextPage('</a>; rel="prev"'), null);
  assert.equal(nextPage(undefined), null);
});
