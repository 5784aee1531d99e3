/**
 * What one client may ask for where nginx stands before the front-ends: they see one client, nginx,
 * so it is nginx that has to tell clients apart.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as doors from "../../../shared/door_limits.ts";
import { addressKey } from "../../../shared/http/client.ts";
import { messageOf, NO_NGINX, readConfiguration } from "../support/nginx.ts";
import { answer, Stage } from "../support/nginx_stage.ts";
import { type Answer, type Question, Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const ORDER: Question = { method: "POST", body: { name: "Tux", quantity: 1 } };
const HEALTH = ["/livez", "/readyz", "/readyz?verbose"];
/** Of this machine, where all of 127.0.0.0/8 is. */
const ANOTHER = "127.0.0.2";

function checkRefused(refused: Answer): void {
  assert.deepEqual([refused.status, refused.headers["retry-after"]], [429, "1"]);
  assert.equal(refused.headers["cache-control"], "no-store");
  assert.match(messageOf(refused), /^This address asks for more than its share/);
}

/** Health is answered all the same, and so is another client. */
async function checkOthers(t: TestContext, stage: Stage): Promise<void> {
  for (const path of HEALTH) {
    const { status, asked } = await stage.ask(path);
    assert.deepEqual([status, asked.length], [200, 1], path);
  }
  for (const path of ["/livez/", "/products?/livez", "/livezz"]) {
    assert.equal((await stage.ask(path)).status, 429, path);
  }
  if (process.platform !== "linux") return t.diagnostic("there is no other address here");
  const other = new Shopper(stage.url, { from: ANOTHER });
  t.after(() => other.close());
  assert.equal((await other.ask("/products/Tux")).status, 200);
}

test("who asks too often is refused at nginx at once, in the store's words", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  // The rate gives nothing back while the test runs.
  const stage = await Stage.open(t, [["rate=200r/s", "rate=1r/m"], ["burst=400", "burst=3"]]);
  for (const [path, question] of [
    ["/products/Tux", {}], ["/orders", ORDER], ["/products/Tux", { method: "PATCH", body: {} }],
    ["/", { headers: { accept: "text/event-stream" } }],
  ] as const) {
    const { status, asked } = await stage.ask(path, question);
    assert.deepEqual([status, asked.length], [200, 1], "each is counted once");
  }
  for (const [path, question] of [["/products/Tux", {}], ["/orders", ORDER]] as const) {
    const refused = await stage.ask(path, question);
    checkRefused(refused);
    assert.deepEqual(refused.asked, [], "no front-end is asked");
  }
  await checkOthers(t, stage);
});

test("who has too many requests under way is refused until one is answered", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  const change: [string, string] = ["limit_conn store_requests 128", "limit_conn store_requests 2"];
  const stage = await Stage.open(t, [change]);
  const held: (() => void)[] = [];
  stage.behaviour = (response, asked) => void held.push(() => answer(response, asked));
  const first = [stage.ask("/products/Tux"), stage.ask("/orders", ORDER)];
  await until("two under way", () => held.length === 2);
  stage.behaviour = answer;
  checkRefused(await stage.ask("/products/Tux"));
  checkRefused(await stage.ask("/orders", ORDER));
  await checkOthers(t, stage);
  for (const release of held) release();
  assert.deepEqual((await Promise.all(first)).map(({ status }) => status), [200, 200]);
  await until("room", async () => (await stage.ask("/products/Tux")).status === 200);
});

test("a 429 of a front-end comes through as it is", async (t) => {
  if (NO_NGINX) return t.skip(NO_NGINX);
  const stage = await Stage.open(t);
  stage.behaviour = (response) => response.writeHead(429, { "retry-after": "7" }).end("{}");
  const { status, headers, body } = await stage.ask("/orders", ORDER);
  assert.deepEqual([status, headers["retry-after"], body], [429, "7", {}]);
});

/** What nginx counts an address as, by the map of its configuration. */
function networkOf(address: string): string {
  const [, map] = /map \$remote_addr \$store_network \{(.*?)\n\}/s.exec(readConfiguration())!;
  for (const [, pattern] of map!.matchAll(/"~(\^\S+)"/g)) {
    const groups = new RegExp(pattern!).exec(address)?.groups;
    if (groups !== undefined) return Object.values(groups)[0]!;
  }
  return address;
}

test("nginx tells clients apart as a front-end does", () => {
  const addresses = [
    "192.0.2.1", "192.0.2.2", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::6", "2001:db8:1:3::6",
    "2001:db8::1", "2001:db8::9:1", "2001:db8:1::1", "2001:db8:1::2", "fe80::1", "fe80::2:1",
    "2001:db8:1:2:3::",
  ];
  for (const one of addresses) {
    for (const other of addresses) {
      const isOne = addressKey(one) === addressKey(other);
      assert.equal(networkOf(one) === networkOf(other), isOne, `${one} and ${other}`);
    }
  }
});

test("one client may have a small part of what a front-end can take", () => {
  const text = readConfiguration();
  const said = (pattern: RegExp) => Number(pattern.exec(text)![1]);
  const underWay = said(/limit_conn store_requests (\d+);/);
  assert(underWay * 8 <= doors.CONNECTIONS_MAX);
  assert(underWay > doors.PIPELINE_MAX, "a client that is no browser has some, too");
  assert(said(/ burst=(\d+) nodelay;/) > said(/ rate=(\d+)r\/s;/), "a page may ask at once");
  assert.match(text, new RegExp(`CLIENT_CONNECTIONS .*\\(${doors.CONNECTIONS_MAX}\\)`));
});
