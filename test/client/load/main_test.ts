/** What a person sees of the client: the table, the sentences, the exit codes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { send, startFakeStore } from "../fake_store.ts";
import { buy, client, clientWith } from "../run_client.ts";

test("goals decide over the exit code", async (t) => {
  const met = await buy(t, {}, "--slo", "order.p99<10s,errors<1,throughput>0.1,gap<10s");
  assert.equal(met.code, 0);
  const missed = await buy(t, {}, "--slo", "order.p99<10s,lookup.max<0.000001ms");
  assert.equal(missed.code, 1);
  assert.deepEqual(
    missed.json.goals.map((goal: { met: boolean }) => goal.met),
    [true, false],
  );
  assert.match(missed.json.verdict, /1 goal missed/);
});

test("the table: a row for each type, then sentences", async (t) => {
  const store = await startFakeStore(t);
  const { code, out, err } = await client(
    "1",
    "--iterations",
    "40",
    "--seed",
    "5",
    "--url",
    store.url,
  );
  assert.equal(code, 0);
  assert.equal(err, "");
  const [heading, ...lines] = out.split("\n");
  assert.match(
    heading ?? "",
    /^request +count +errors +p50 +p90 +p95 +p99 +p99\.9 +max +mean {2}\(ms\)$/,
  );
  assert.deepEqual(
    lines.slice(0, 5).map((line) => line.trim().split(/ {2,}/)[0]),
    ["look-up", "hit", "miss", "order", "find"],
  );
  assert.match(
    out,
    /requests\/s, .* orders\/s over .* s\. Longest gap between answers .* ms\. Seed 5\./,
  );
  assert.match(out, /OK: All 40 orders are in the store exactly as they were made\./);
  assert.match(out, /p95: 19 of 20 orders were answered within [\d.]+ ms, one of 20 took longer\./);
  assert(!out.includes("\u001b"), "plain when piped");
});

test("a terminal gets colour and a bar, NO_COLOR only the bar", async (t) => {
  const store = await startFakeStore(t);
  const args = ["1", "--iterations", "200", "--rate", "1000", "--url", store.url];
  const tty = await clientWith({ tty: true }, ...args);
  assert(tty.out.includes("\u001b["));
  assert.match(tty.err, /#+\.* \d+ % {2}\d+ of 200 look-ups, \d+ bought/);
  assert(tty.err.endsWith("\r\u001b[K"), "the bar is gone at the end");
  const plain = await clientWith({ tty: true, environment: { NO_COLOR: "1" } }, ...args);
  assert(!plain.out.includes("\u001b"));
});

test("no store there: one sentence that says what to run, exit 1", async (t) => {
  const store = await startFakeStore(t);
  await store.kill();
  const { code, out, err } = await client("0.4", "--url", store.url);
  assert.equal(code, 1);
  assert.equal(out, "");
  assert.match(
    err,
    /^No store runs there: .* refuses connections\. Start one with \.\/start\.sh, or .*\.\n$/,
  );
});

test("a store that cannot serve: says so, exit 1", async (t) => {
  const store = await startFakeStore(t, {
    lie: (_request, response) => {
      send(response, 503, { error: { code: 503, message: "no catalog" } });
      return true;
    },
  });
  const { code, err } = await client("0.4", "--url", store.url);
  assert.equal(code, 1);
  assert.match(err, /^The store at .* cannot sell now: .* 503 .*no catalog.*npm run status\.\n$/);
});

test("something else there, or nothing on sale: says so, exit 1", async (t) => {
  const other = await startFakeStore(t, {
    lie: (_request, response) => (response.writeHead(404).end("not found"), true),
  });
  const wrong = await client("0.4", "--url", other.url);
  assert.equal(wrong.code, 1);
  assert.match(
    wrong.err,
    /is not this store: GET \/products\?limit=100 was answered 404 not found/,
  );
  const empty = await startFakeStore(t, { stock: {} });
  const nothing = await client("0.4", "--url", empty.url);
  assert.equal(nothing.code, 1);
  assert.match(nothing.err, /lists no products/);
});

test("wrong use: one line on stderr, exit 2; --help: examples first, exit 0", async () => {
  const wrong = await client("1.5");
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(wrong.err, /^p is a number from 0 to 1, and not '1\.5'\n$/);
  const help = await client("--help");
  assert.equal(help.code, 0);
  assert.match(help.out, /^Examples\n {2}npx tsx client\/client\.ts 0\.4\n {2}npx tsx/);
  assert.match(help.out, /Exit codes\n {2}0 /);
});
