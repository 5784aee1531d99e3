/**
 * The store on eight machines, as shared/deploy has them: each host is a network namespace with
 * files of its own, and buyers are on yet another one. Hosts are cut off and brought back, a disk
 * is replaced, and those who do not belong are turned away. Skipped where there can be no such
 * network.
 */
import assert from "node:assert/strict";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { audit } from "../../../client/check/main.ts";
import type { ReplicaStatus, Status } from "../../../frontend/owner/status_report.ts";
import { splitRow } from "../../../shared/csv.ts";
import { ownFolder } from "../../client/launcher/own_folder.ts";
import { allowedCalls, callsOf } from "../support/calls_between_hosts.ts";
import { type Host, type Hosts, openHosts, SECRET } from "../support/hosts.ts";
import { Shopper } from "../support/shopper.ts";
import { until } from "../../support/until.ts";

const FIRST_START = { RECOVER: "no" };
/** Longer than a healthy store takes for anything. */
const PATIENCE_MS = 1_500;
/** Each asks all front-ends for their status. */
const LOOKS_AT_CALLS = 20;
const TOYS = ["Tux", "Fox", "Uno", "Whale", "Elephant"];

interface Purchase {
  key: string;
  name: string;
  number: number;
}

/** Buyers who go on with the other front-end, under the same key, when one gives no order. */
class Crowd {
  readonly bought: Purchase[] = [];
  readonly #shoppers: Shopper[];
  readonly #loops: Promise<void>[];
  #stopped = false;

  constructor(t: TestContext, hosts: Hosts) {
    this.#shoppers = hosts.of("frontend").map(({ publicUrl }) =>
      new Shopper(publicUrl, { timeoutMs: PATIENCE_MS }));
    t.after(() => this.#shoppers.forEach((shopper) => shopper.close()));
    this.#loops = [0, 1, 2].map((buyer) => this.#buyOn(buyer));
    this.#loops.forEach((loop) => loop.catch(() => {}));
  }

  async #buyOn(buyer: number): Promise<void> {
    let at = buyer;
    for (let turn = buyer; !this.#stopped; turn++) {
      const [key, name] = [`buyer-${buyer}-${turn}`, TOYS[turn % TOYS.length]!];
      const number = await until(`the order of ${key}`, async () => {
        const shopper = this.#shoppers[at++ % this.#shoppers.length]!;
        const { status, body } = await shopper.order({ name, quantity: 1 }, key);
        assert.equal(status, 200, JSON.stringify(body));
        at--;
        return (body as { data: { order_number: number } }).data.order_number;
      }, 20_000);
      this.bought.push({ key, name, number });
    }
  }

  /** So many more orders, and no buyer has given up. */
  async buysOn(what: string, orders = 40): Promise<void> {
    const before = this.bought.length;
    await Promise.race([
      until(what, () => this.bought.length >= before + orders, 20_000),
      Promise.all(this.#loops),
    ]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }
}

async function statusAt(frontend: Host): Promise<Status> {
  const shopper = new Shopper(frontend.publicUrl, { timeoutMs: PATIENCE_MS });
  try {
    const { status, body } = await shopper.ask("/status");
    assert.equal(status, 200);
    return (body as { data: Status }).data;
  } finally {
    shopper.close();
  }
}

function untilReady(frontend: Host): Promise<unknown> {
  return until(`${frontend.label} to be ready`, async () => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return (await fetch(`${frontend.publicUrl}/readyz`, { signal })).status === 200;
  }, 20_000);
}

async function leaderOf(hosts: Hosts, kind: "catalog" | "order"): Promise<Host> {
  const label = await until(`a leader of ${kind}s`, async () => {
    const { members } = await statusAt(hosts.get("frontend-1"));
    return members.find(({ name, role }) => name.startsWith(kind) && role === "leader")?.name;
  });
  return hosts.get(label);
}

/** As a front-end sees it; null when it does not answer there. */
async function seenAs(hosts: Hosts, { label }: Host): Promise<ReplicaStatus | null> {
  const { members } = await statusAt(hosts.get("frontend-1"));
  const found = members.find(({ name }) => name === label)!;
  return found.state === "down" ? null : found as ReplicaStatus;
}

function untilItFollows(hosts: Hosts, host: Host): Promise<unknown> {
  return until(`${host.label} to follow`, async () => {
    const seen = await seenAs(hosts, host);
    return seen?.state === "normal" && seen.role === "follower" && seen.lag < 50;
  }, 15_000);
}

test("hosts are cut off and come back, a disk is replaced: no order is lost", async (t) => {
  const hosts = await openHosts(t);
  if (hosts === null) return;
  for (const host of hosts.all) host.start(FIRST_START);
  await Promise.all(hosts.of("frontend").map(untilReady));
  const crowd = new Crowd(t, hosts);
  await crowd.buysOn("orders with all hosts");

  for (const kind of ["order", "catalog"] as const) {
    const leader = await leaderOf(hosts, kind);
    await hosts.cutOff(leader);
    await crowd.buysOn(`orders without ${leader.label}`);
    assert.equal(await seenAs(hosts, leader), null, `${leader.label} is out of reach`);
    await hosts.bringBack(leader);
    await untilItFollows(hosts, leader);
  }

  const frontend = hosts.get("frontend-2");
  await hosts.cutOff(frontend);
  await crowd.buysOn("orders at the other front-end");
  await hosts.bringBack(frontend);
  await untilReady(frontend);

  await replaceOneHost(hosts, crowd);
  await checkCalls(hosts);
  await crowd.stop();
  await checkAll(t, hosts, crowd.bought);
});

/** Of a follower: killed, its disk empty. */
async function replaceOneHost(hosts: Hosts, crowd: Crowd): Promise<void> {
  const leader = await leaderOf(hosts, "order");
  const lost = hosts.of("order").find((host) => host !== leader)!;
  await lost.end("SIGKILL");
  lost.replaceDisk();
  lost.start({ BIRTH: "" });
  const { code, err } = await lost.ended();
  assert.deepEqual([code, err.split(":")[0]], [2, "BIRTH is missing"]);
  assert.equal(existsSync(lost.settings.folder), false);
  await crowd.buysOn(`orders without ${lost.label}`);
  lost.start();
  await untilItFollows(hosts, lost);
  assert.match(lost.out, /recovering from the others[^]*recovered: what was lost is here again/);
  assert.equal(existsSync(join(lost.settings.folder, "recovering")), false);
}

/** Every order is in every log; the audit holds, over the network and on files brought together. */
async function checkAll(t: TestContext, hosts: Hosts, bought: readonly Purchase[]): Promise<void> {
  for (const kind of ["catalog", "order"] as const) {
    await until(`equal ${kind} logs`, () =>
      new Set(hosts.of(kind).map((host) => host.log())).size === 1, 10_000);
  }
  checkOrders(hosts.get("order-1"), bought);

  const backup = ownFolder(t);
  const url = hosts.get("frontend-1").publicUrl;
  const asked = await audit({ dataDir: backup, isNamed: false, url });
  assert.deepEqual(asked.verdict.results.filter(({ ok }) => !ok), []);
  for (const host of hosts.of("frontend")) assert.equal((await host.end("SIGTERM")).code, 0);
  for (const host of [...hosts.of("order"), ...hosts.of("catalog")]) {
    assert.equal((await host.end("SIGTERM")).code, 0, host.label);
  }
  for (const host of hosts.all) cpSync(host.dataDir, backup, { recursive: true });
  const { verdict, books } = await audit({ dataDir: backup, isNamed: true, url: null });
  assert.deepEqual(verdict.results.filter(({ ok }) => !ok), []);
  assert.equal(books!.orders, bought.length);
}

/** Numbers without gaps, and what each buyer was told. */
function checkOrders(replica: Host, bought: readonly Purchase[]): void {
  const [header, ...rows] = replica.log().trimEnd().split("\n").map(splitRow);
  const [number, name, key] = ["number", "name", "key"].map((column) => header!.indexOf(column));
  const orders = rows.filter((row) => row[number!] !== "")
    .map((row) => ({ key: row[key!], name: row[name!], number: Number(row[number!]) }));
  assert.deepEqual(orders.map((row) => row.number), orders.map((_, at) => at + 1));
  const byNumber = bought.toSorted((one, other) => one.number - other.number);
  assert.deepEqual(orders, byNumber);
}

/** While all are at work, the firewall would let through what they ask, and nothing else. */
async function checkCalls(hosts: Hosts): Promise<void> {
  const seen = new Set<string>();
  for (let look = 0; look < LOOKS_AT_CALLS; look++) {
    for (const frontend of hosts.of("frontend")) await statusAt(frontend);
    for (const call of callsOf(hosts)) seen.add(call);
  }
  assert.deepEqual([...seen].sort(), [...allowedCalls()].sort());
}

/** The status of GET /health at its internal port. */
async function healthStatus(host: Host, headers: Record<string, string>): Promise<number> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return (await fetch(`${host.internalUrl}/health`, { headers, signal })).status;
}

test("who has another secret or another store's name is turned away, and told why", async (t) => {
  const hosts = await openHosts(t);
  if (hosts === null) return;
  const [one, two, three] = hosts.of("order") as [Host, Host, Host];
  const others = ["catalog-1", "catalog-2", "frontend-1"].map((label) => hosts.get(label));
  const started = [one, two, ...others];
  for (const host of started) host.start(FIRST_START);
  await untilReady(hosts.get("frontend-1"));
  const authorization = `Bearer ${SECRET}`;
  for (const host of started) {
    const birth = { "store-birth": host.settings.birth! };
    assert.equal(await healthStatus(host, { authorization, ...birth }), 200);
    assert.equal(await healthStatus(host, birth), 401, host.label);
    assert.equal(await healthStatus(host, { authorization: "Bearer x", ...birth }), 401);
    assert.equal(await healthStatus(host, { authorization, "store-birth": "shop-2" }), 409);
  }
  const outside = await fetch(`${hosts.get("frontend-1").publicUrl}/health`);
  assert.equal(outside.status, 404, "internal paths are not on the public port");

  three.putSecret("another-secret-of-somebody-else");
  three.start(FIRST_START);
  await until("it to say so", () => /stranger.*STORE_SECRET_FILE/.test(three.out), 10_000);
  assert.equal((await seenAs(hosts, three))?.state, undefined, "nobody takes it for a member");
  await three.end("SIGKILL");

  three.putSecret(SECRET);
  three.start({ BIRTH: "shop-2" });
  const { folder } = three.settings;
  const line = `BIRTH shop-2: ${folder} was made with shop-1\n`;
  assert.deepEqual(await three.ended(), { code: 2, err: line });
  three.replaceDisk();
  three.start({ BIRTH: "shop-2" });
  await until("it to say so", () => /stranger.*BIRTH, and the addresses/.test(three.out), 10_000);
});
