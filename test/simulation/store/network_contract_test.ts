/**
 * What a member may rely on when it asks another, over HTTP and over the
 * simulated network alike: how a request arrives and what is told of it.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { AppError, type Reason } from "../../../shared/errors.ts";
import { internalRoutes, type InternalCall } from "../../../shared/cluster/internal_calls.ts";
import { HttpPeer } from "../../../shared/cluster/http_peer.ts";
import { requireSecret } from "../../../shared/cluster/require_secret.ts";
import { startHttpServer } from "../../../shared/http/server.ts";
import type { Peer } from "../../../shared/cluster/peer.ts";
import { Random } from "../random.ts";
import { Machine } from "./machine.ts";
import { Network, type Handle } from "./network.ts";
import { CALM } from "./network_weather.ts";
import { Timeline } from "./timeline.ts";

const SECRET = "0123456789abcdef";
const TIMEOUT = { timeoutMs: 2_000 };
const CALLS: InternalCall[] = [
  { method: "POST", path: "/sales" },
  { method: "GET", path: "/log" },
];

interface Subject {
  peer: Peer;
  /** Lets what is under way come to its end. */
  wait<T>(what: Promise<T>): Promise<T>;
  /** Ends who is asked, and waits for it. */
  stop(): Promise<void>;
  bugs: unknown[];
}

async function overHttp(t: TestContext, handle: Handle): Promise<Subject> {
  const bugs: unknown[] = [];
  const askText = async (kind: string, text: string): Promise<string> =>
    JSON.stringify(await handle(kind, JSON.parse(text)));
  const owner = { askText, dropGone: () => {}, healthy: () => true };
  const server = await startHttpServer({
    routes: internalRoutes(CALLS, owner),
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 1_000_000,
    admit: requireSecret(SECRET, "b1"),
    internal: true,
    onBug: (error) => void bugs.push(error),
  });
  let isOpen = true;
  const stop = async (): Promise<void> => {
    if (isOpen) await server.close();
    isOpen = false;
  };
  const url = `http://127.0.0.1:${server.port}`;
  const peer = new HttpPeer({ url, secret: SECRET, birth: "b1" });
  t.after(stop);
  t.after(() => peer.close());
  return { peer, wait: (what) => what, stop, bugs };
}

async function overSimulation(_t: TestContext, handle: Handle): Promise<Subject> {
  const timeline = new Timeline();
  const network = new Network({ timeline, random: new Random(1), weather: CALM });
  const asked = new Machine({ timeline, name: "order 2" });
  const bugs: unknown[] = [];
  asked.onBug = (error) => void bugs.push(error);
  const stop = network.serve(asked, handle);
  const peer = network.connect(new Machine({ timeline, name: "order 1" }), "order 2");
  const wait = async <T>(what: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = () => void (isOver = true);
    what.then(over, over);
    await timeline.runWhile(() => !isOver, timeline.nowMs + 10_000);
    return what;
  };
  return { peer, wait, stop: async () => stop(), bugs };
}

function contract(rule: string, handle: Handle, check: (subject: Subject) => Promise<void>): void {
  for (const [name, make] of Object.entries({ HTTP: overHttp, simulation: overSimulation })) {
    test(`${name}: ${rule}`, async (t) => check(await make(t, handle)));
  }
}

function fails(reason: Reason): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.reason === reason;
}

const echo: Handle = async (kind, body) => ({ kind, body });
const silent: Handle = () => new Promise(() => {});

contract("objects, text and queries arrive, and so does the answer", echo, async (subject) => {
  const { peer, wait } = subject;
  const post = (body: object | string) => wait(peer.post("/sales", body, TIMEOUT));
  const get = (path: string) => wait(peer.get(path, TIMEOUT));
  const name = "Ärger";
  assert.deepEqual(await post({ name }), { kind: "POST /sales", body: { name } });
  assert.deepEqual(await post('{"a":[1]}'), { kind: "POST /sales", body: { a: [1] } });
  assert.deepEqual(await get("/log"), { kind: "GET /log", body: {} });
  const body = { after: "3", what: "a b+c" };
  assert.deepEqual(await get("/log?after=3&what=a+b%2Bc"), { kind: "GET /log", body });
});

contract(
  "an AppError arrives with reason, message and details",
  async () => {
    throw new AppError("not_leader", "Ask replica 2", { leader: 2, term: 7 });
  },
  async ({ peer, wait }) => {
    await assert.rejects(wait(peer.post("/sales", {}, TIMEOUT)), (error) => {
      assert(error instanceof AppError);
      assert.equal(error.reason, "not_leader");
      assert.equal(error.message, "Ask replica 2");
      assert.deepEqual(error.details, { leader: 2, term: 7 });
      return true;
    });
  },
);

contract(
  "after a bug over there nobody knows how far it came",
  async () => Promise.reject(new TypeError("a bug")),
  async ({ peer, wait, bugs }) => {
    await assert.rejects(wait(peer.get("/log", TIMEOUT)), fails("unknown"));
    assert.deepEqual(bugs.map(String), ["TypeError: a bug"]);
  },
);

contract("nobody listens: unavailable", echo, async ({ peer, wait, stop }) => {
  await stop();
  await assert.rejects(wait(peer.post("/sales", {}, TIMEOUT)), fails("unavailable"));
});

contract("no answer in time: unknown", silent, async ({ peer, wait }) => {
  await assert.rejects(wait(peer.post("/sales", {}, { timeoutMs: 60 })), fails("unknown"));
});

contract(
  "what is abandoned fails as unknown, and the peer can be used again",
  (kind, body) => (kind === "GET /log" ? echo(kind, body) : silent(kind, body)),
  async ({ peer, wait }) => {
    const abandoned = peer.post("/sales", {}, { timeoutMs: 60_000 });
    const failed = assert.rejects(abandoned, fails("unknown"));
    await wait(peer.get("/log", TIMEOUT));
    peer.abandon();
    await wait(failed);
    await wait(peer.get("/log", TIMEOUT));
  },
);
