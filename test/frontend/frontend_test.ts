/** A whole front-end, threads and all, between members that the test speaks for. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startFrontend } from "../../frontend/frontend.ts";
import type { FrontendStatus, Status } from "../../frontend/owner/status_report.ts";
import { AppError } from "../../shared/errors.ts";
import { HttpPeer } from "../../shared/cluster/http_peer.ts";
import type { Settings } from "../../shared/member/config.ts";
import { readDoors } from "../../shared/member/config_doors.ts";
import { createLog } from "../../shared/logging.ts";
import type { FrontendHealth } from "../../shared/messages/messages.ts";
import { answersIn, sendRaw, type RawAnswer } from "../shared/http/raw_client.ts";
import { checkSchema, type Schemas } from "./json_schema.ts";
import { BIRTH, SECRET, startFakeReplica, type FakeMember } from "./fake_member.ts";

interface OpenApi {
  components: { schemas: Schemas };
}

const LEADERSHIP = "1.a";
const IN_TIME = { timeoutMs: 1_000 };

interface Stage {
  catalog: FakeMember;
  order: FakeMember;
  /** What the catalog says is in stock. */
  stock: { quantity: number; version: number };
  internal: HttpPeer;
  stop(): Promise<void>;
  /** On a connection of its own. */
  get(path: string): Promise<RawAnswer>;
  post(path: string, body: string): Promise<RawAnswer>;
}

async function startStage(t: TestContext, { threads = 1, orders = 1 } = {}): Promise<Stage> {
  const catalog = await startFakeReplica(t, 1, 1);
  const replicas = [await startFakeReplica(t, 1, 5)];
  for (let id = 2; id <= orders; id++) replicas.push(await startFakeReplica(t, id, 0));
  const stock = { quantity: 100, version: 3 };
  catalog.answers["/lease"] = () => {
    return { leadership: LEADERSHIP, number: 1, index: 3, since: 3, leaseMs: 1_000 };
  };
  catalog.answers["/lookups"] = ({ names }) => {
    const product = { name: "Tux", price: 15.99, quantity: stock.quantity };
    const results = names!.map(() => ({ product, version: stock.version, store: true }));
    return { leadership: LEADERSHIP, index: 3, results };
  };
  const frontend = await startFrontend({
    settings: settingsFor(catalog, replicas, threads),
    secret: SECRET,
    birth: { id: BIRTH, store: "toys", catalogs: 1, orders, format: 2 },
    log: createLog({ member: "frontend-1", level: "error" }),
    fail: (error) => {
      throw error;
    },
  });
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= frontend.close());
  const url = `http://127.0.0.1:${frontend.internalPort}`;
  const internal = new HttpPeer({ url, secret: SECRET, birth: BIRTH });
  t.after(async () => {
    internal.close();
    await stop();
  });
  const send = async (request: string): Promise<RawAnswer> => {
    return answersIn(await sendRaw(frontend.port, request))[0]!;
  };
  const close = "Host: x\r\nConnection: close\r\n";
  const stage = {
    catalog,
    order: replicas[0]!,
    stock,
    internal,
    stop,
    get: (path: string) => send(`GET ${path} HTTP/1.1\r\n${close}\r\n`),
    post: (path: string, body: string) =>
      send(`POST ${path} HTTP/1.1\r\n${close}Content-Length: ${body.length}\r\n\r\n${body}`),
  };
  await until(async () => (await stage.get("/readyz")).status === 200);
  await until(async () => (await internal.get<FrontendHealth>("/health", IN_TIME)).leased);
  return stage;
}

function settingsFor(catalog: FakeMember, orders: FakeMember[], threads: number): Settings {
  return {
    kind: "frontend",
    id: 1,
    host: "127.0.0.1",
    port: 0,
    internalPort: 0,
    store: "toys",
    dataDir: "",
    folder: "",
    frontends: new Map([[1, "http://127.0.0.1:1"], [2, "http://127.0.0.1:1"]]),
    catalogs: new Map([[1, catalog.url]]),
    orders: new Map(orders.map(({ url, health }) => [health.id, url])),
    threads,
    cacheSize: 10,
    cacheTtlMs: null,
    restockMs: 10_000,
    restockTo: 100,
    orderQuorum: 1,
    doors: readDoors(() => undefined),
    balance: "round-robin",
    secretFile: "",
    adminTokenFile: null,
    birth: null,
    recover: false,
    logLevel: "error",
    logFile: null,
    failpoint: null,
  };
}

/** Polls until it is so; the test's own time limit is the deadline. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("an invalidation reaches the caches of all threads before it is confirmed", async (t) => {
  const { get, internal, stock } = await startStage(t, { threads: 2 });
  const hits = async (): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => get("/products/Tux")));
    return answers.filter(({ headers }) => headers.get("cache-status")!.endsWith("hit")).length;
  };
  await until(async () => (await hits()) === 8);
  stock.quantity = 99;
  stock.version = 4;
  const body = { leadership: LEADERSHIP, names: ["Tux"], index: 4, visible: 3 };
  assert.deepEqual(await internal.post("/invalidate", body, IN_TIME), {});
  for (const answer of await Promise.all(Array.from({ length: 8 }, () => get("/products/Tux")))) {
    assert.equal(answer.body, '{"data":{"name":"Tux","price":15.99,"quantity":99}}');
  }
});

test("who lacks the secret can neither invalidate nor look at the health", async (t) => {
  const { internal } = await startStage(t);
  const stranger = new HttpPeer({ url: internal.url, secret: "another-secret-here", birth: BIRTH });
  t.after(() => stranger.close());
  const body = { leadership: LEADERSHIP, names: [], index: 3, visible: 3 };
  const refused = { name: "AppError", reason: "unauthorized" };
  await assert.rejects(stranger.post("/invalidate", body, IN_TIME), refused);
  await assert.rejects(stranger.get("/health", IN_TIME), refused);
});

test("a malformed invalidation is refused", async (t) => {
  const { internal } = await startStage(t);
  const right = { leadership: LEADERSHIP, names: ["Tux"], index: 4, visible: 3 };
  for (const body of [{}, { ...right, names: "Tux" }, { ...right, leadership: 1 }]) {
    const posted = internal.post("/invalidate", body, IN_TIME);
    await assert.rejects(posted, { name: "AppError", reason: "bad_request" });
  }
});

test("a purchase that its leader turns away goes on under the same key", async (t) => {
  const { order, post } = await startStage(t);
  order.answers["/orders"] = () => {
    order.answers["/orders"] = ({ orders }) => {
      return { results: orders!.map(() => ({ code: "ordered", number: 7, replayed: false })) };
    };
    throw new AppError("not_leader", "not any more");
  };
  const answer = await post("/orders", '{"name":"Tux","quantity":1}');
  assert.equal(answer.status, 200);
  assert.equal(answer.body, '{"data":{"order_number":7}}');
  const placed = order.asked.filter(({ path }) => path === "/orders");
  const keys = placed.map(({ body }) => body.orders![0]!.key);
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.equal(answer.headers.get("idempotency-key"), keys[0]);
});

test("the status shows every member, down or not, and no secret between them", async (t) => {
  const { get, order, catalog } = await startStage(t, { orders: 2 });
  await get("/products/Tux");
  await get("/products/Tux");
  await order.close();
  const { body } = await get("/status");
  const { data } = JSON.parse(body) as { data: Status };
  assert.equal(data.store, "toys");
  const states = data.members.map(({ name, role, state }) => [name, role, state]);
  assert.deepEqual(states, [
    ["frontend-1", "frontend", "normal"],
    ["frontend-2", null, "down"],
    ["catalog-1", "leader", "normal"],
    ["order-1", null, "down"],
    ["order-2", "follower", "normal"],
  ]);
  const frontend = data.members[0] as FrontendStatus;
  assert.equal(frontend.leased, true);
  assert.equal(frontend.cache.hit_ratio, 0.5);
  const { uptime_ms: uptimeMs, ...shown } = data.members[2]!;
  assert.equal(uptimeMs, 1_235);
  assert.deepEqual(shown, {
    name: "catalog-1",
    role: "leader",
    state: "normal",
    term: 1,
    rows: 19,
    lag: 0,
    committed: 17,
    hash: "sum-at=17",
    hash_at: 17,
    details: { orders: 9 },
  });
  const openApi = JSON.parse((await get("/openapi.json")).body) as OpenApi;
  const { schemas } = openApi.components;
  checkSchema(data, schemas["Status"]!, schemas);
  for (const secret of [SECRET, BIRTH, "127.0.0.1", String(catalog.port)]) {
    assert.equal(body.includes(secret), false, secret);
  }
});

test("a stopped front-end has given its lease back", async (t) => {
  const { catalog, stop, get } = await startStage(t);
  await stop();
  const { body } = catalog.asked.filter(({ path }) => path === "/lease").at(-1)!;
  assert.deepEqual(body, {
    frontend: 1,
    holds: { leadership: LEADERSHIP, number: 1 },
    release: true,
  });
  await assert.rejects(get("/livez"), { code: "ECONNREFUSED" });
});
