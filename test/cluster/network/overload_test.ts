/**
 * More than the store can take: buyers while the catalog hangs, names that are no products,
 * connections beyond what a process may open. It refuses in its own words, keeps bounded what it
 * holds, loses nothing, and is well again when the load is gone.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import type { MemberName } from "../../../client/launcher/layout.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import { ORDER_DEADLINE_MS } from "../../../shared/limits.ts";
import { catalog, frontend, startStore, type TestStore } from "../support/harness.ts";
import { checkAllKept } from "../support/kept_orders.ts";
import { type Answer, Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

test("a crowd at a hanging catalog is refused in time, and sold to when it is back", async (t) => {
  const store = await startStore(t, { environment: STOCKED });
  // The first hundred are gone at once, and what comes after them is enough for everybody.
  await store.buy("Tux", 100);
  await until("a full stock", async () => (await store.product("Tux")).quantity > 1_000);
  await store.pause(catalog());
  const startedMs = monotonicMs();
  const crowd = Array.from({ length: 1_000 }, (_, nth) => store.tryToBuy("Tux", 1, `crowd-${nth}`));
  const answers = await Promise.all(crowd);
  const tookMs = monotonicMs() - startedMs;
  assert(tookMs < 2 * ORDER_DEADLINE_MS, `the last was answered after ${tookMs} ms`);
  for (const { status, headers } of answers) {
    assert.equal(status, 503);
    assert(headers["retry-after"] !== undefined);
  }
  await store.resume(catalog());
  // Whether some of them were sold by then or none: with its key each becomes one order.
  const again = await Promise.all(answers.map((_, nth) =>
    store.shopper.purchase("Tux", `crowd-${nth}`)));
  assert.equal(new Set(again.map(({ number }) => number)).size, again.length);
  const orders = store.rows(await store.leader()).filter(({ number }) => number !== "");
  assert.equal(orders.length, 1 + again.length);
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});

test("a flood of names that are no products leaves the cache as it is", async (t) => {
  const store = await startStore(t, { cacheSize: 4 });
  const entries = async (): Promise<number> => {
    const { body } = await store.shopper.ask("/status");
    const { members } = (body as { data: { members: { cache?: { entries: number } }[] } }).data;
    return members[0]!.cache!.entries;
  };
  const ask = (name: string): Promise<Answer> =>
    store.shopper.ask(`/products/${encodeURIComponent(name)}`);
  const before = await entries();
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const names = [
    ...letters, ...letters.map((letter) => letter.repeat(64)),
    ...Array.from({ length: 1_000 }, (_, nth) => `random ${nth * 7_919}`),
  ];
  for (const { status } of await Promise.all(names.map(ask))) assert.equal(status, 404);
  assert.equal((await ask("x".repeat(65))).status, 400);
  assert.equal((await ask("x".repeat(1_900))).status, 400);
  assert.equal((await ask("x".repeat(3_000))).status, 414);
  assert.equal((await ask("x".repeat(10_000))).status, 431);
  assert.equal(await entries(), before, "what is not there is not kept");
  const toys = ["Tux", "Fox", "Uno", "Lego", "Whale", "Kite"];
  for (let round = 0; round < 4; round++) await Promise.all(toys.map(ask));
  const { threads } = store.running.settings;
  assert(await entries() <= 4 * threads, "four a thread, and no more");
});

/** Open descriptors of a member's process. */
function descriptors({ running }: TestStore, member: MemberName): number {
  return readdirSync(`/proc/${running.process(member).pid()}/fd`).length;
}

async function openSockets(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => {
    socket.once("connect", resolve).once("error", resolve).on("close", resolve);
  })));
  return sockets;
}

test("a front-end without a descriptor left serves who is in, and all when some go", async (t) => {
  const { error } = spawnSync("prlimit", ["--version"]);
  if (error !== undefined) return t.skip("there is no prlimit here");
  const store = await startStore(t, { environment: STOCKED });
  await store.buy("Tux");
  const pid = String(store.running.process(frontend()).pid());
  const limit = descriptors(store, frontend()) + 20;
  spawnSync("prlimit", ["--pid", pid, `--nofile=${limit}:`]);
  const sockets = await openSockets(Number(new URL(store.running.url).port), 100);
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  await until("no descriptor to be left", () => descriptors(store, frontend()) >= limit - 1);
  // On the connection that is open already.
  for (let nth = 0; nth < 10; nth++) await store.buy("Fox");
  assert.equal((await store.product("Fox")).quantity, 90);

  for (const socket of sockets) socket.destroy();
  const newcomer = new Shopper(store.running.url);
  t.after(() => newcomer.close());
  await until("newcomers to be let in", async () =>
    (await newcomer.ask("/products/Fox")).status === 200);
  assert.equal(store.running.running().length, 5, "nobody died");
  await store.checkBooksBalance();
});

test("a voter without a descriptor left promises nothing that is not kept", async (t) => {
  const { error } = spawnSync("prlimit", ["--version"]);
  if (error !== undefined) return t.skip("there is no prlimit here");
  const store = await startStore(t, { environment: STOCKED });
  const buyers = store.buyers(4);
  await until("orders", () => buyers.bought.length > 50);
  const voter = await store.follower();
  const pid = String(store.running.process(voter).pid());
  spawnSync("prlimit", ["--pid", pid, `--nofile=${descriptors(store, voter)}:`]);
  const { port } = new URL(store.running.member(voter).internalUrl);
  const sockets = await openSockets(Number(port), 50);
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  const sold = buyers.bought.length;
  await until("orders all the same", () => buyers.bought.length > sold + 50, 10_000);
  // Its vote is wanted, and has to be written: it finds a descriptor, or it ends.
  await store.kill(store.leader());
  await until("a leader, or its end", async () =>
    store.running.process(voter).ended ?? (await store.shopper.ask("/leader")).status === 200);
  t.diagnostic(store.running.process(voter).ended ?? "it found one");
  for (const socket of sockets) socket.destroy();
  await store.running.start(store.running.members);
  const later = buyers.bought.length;
  await until("orders with all", () => buyers.bought.length > later + 50, 10_000);
  await buyers.stop();
  await checkAllKept(store, buyers);
});

test("after all the connections, errors and deaths nobody holds more than before", async (t) => {
  if (process.platform !== "linux") return t.skip("/proc tells");
  const store = await startStore(t, { frontends: 2, environment: STOCKED });
  const round = async (): Promise<void> => {
    const buyers = store.buyers(8);
    await until("orders", () => buyers.bought.length > 100, 10_000);
    const sockets = await openSockets(Number(new URL(store.running.url).port), 100);
    for (const socket of sockets) {
      // Half of them leave in the middle of a request.
      socket.write("POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n{\"name\":");
      socket.destroy();
    }
    await store.kill(frontend(2));
    await store.restart(frontend(2));
    await buyers.stop();
  };
  const survivors = store.running.members.filter(({ name }) => name !== "frontend 2");
  await round();
  const before = new Map(survivors.map((member) => [member.name, descriptors(store, member)]));
  for (let nth = 0; nth < 3; nth++) await round();
  for (const member of survivors) {
    // Kept connections come and go; a leak of one a request or a death would be hundreds.
    const most = before.get(member.name)! + 20;
    await until(`${member.name} to hold at most ${most} descriptors`, () =>
      descriptors(store, member) <= most, 15_000);
  }
});
