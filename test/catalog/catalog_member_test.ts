/** The catalog as it runs: threads, log and folder, with a front-end that the test plays. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startCatalog } from "../../catalog/catalog_member.ts";
import type { Settings } from "../../shared/member/config.ts";
import { HttpPeer } from "../../shared/cluster/http_peer.ts";
import { requireSecret } from "../../shared/cluster/require_secret.ts";
import { startHttpServer } from "../../shared/http/server.ts";
import { createLog } from "../../shared/logging.ts";
import type { Member } from "../../shared/member/member.ts";
import type {
  FenceAnswer, InvalidateRequest, LeaseAnswer, LookupAnswer, ReplicaHealth, SalesAnswer,
} from "../../shared/messages/messages.ts";

const SECRET = "secret-of-this-test";
const BIRTH = "0123456789abcdef";
const PATIENTLY = { timeoutMs: 5_000 };

interface Place {
  folder: string;
  frontend: string;
  /** Names that the front-end was told to drop. */
  dropped: string[];
  /** Ends what was started, the last first. */
  ends: (() => unknown)[];
}

async function makePlace(t: TestContext): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), "catalog-"));
  const ends: Place["ends"] = [() => rmSync(root, { recursive: true })];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const folder = join(root, "catalog-1");
  mkdirSync(folder);
  const dropped: string[] = [];
  const server = await startHttpServer({
    routes: [{
      method: "POST",
      path: "/invalidate",
      async handle(exchange) {
        dropped.push(...((await exchange.json()) as InvalidateRequest).names);
        exchange.send(200, ["Content-Type", "application/json"], "{}");
      },
    }],
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: 65_536,
    admit: requireSecret(SECRET, BIRTH),
    onBug: (error) => assert.fail(String(error)),
  });
  ends.push(() => server.close());
  return { folder, frontend: `http://127.0.0.1:${server.port}`, dropped, ends };
}

/** A free port of the system's choosing: the catalog must know its own before it starts. */
async function freePort(): Promise<number> {
  const listen = { host: "127.0.0.1", port: 0 };
  const server = await startHttpServer({ routes: [], listen, bodyBytesMax: 1, onBug: () => {} });
  const { port } = server;
  await server.close();
  return port;
}

async function start(place: Place): Promise<{ peer: HttpPeer; member: Member }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    kind: "catalog", id: 1, host: "127.0.0.1", port, store: "toys", folder: place.folder,
    frontends: new Map([[1, place.frontend]]), catalogs: new Map([[1, url]]),
    orders: new Map([[3, "http://127.0.0.1:1"]]),
    threads: 1, restockMs: 60_000, restockTo: 100,
  } as Partial<Settings> as Settings;
  const member = await startCatalog({
    settings,
    secret: SECRET,
    birth: { id: BIRTH, store: "toys", catalogs: 1, orders: 1, format: 2 },
    log: createLog({ member: "catalog-1", level: "error", write: () => {} }),
    fail: (error) => {
      throw error;
    },
  });
  const peer = new HttpPeer({ url, secret: SECRET, birth: BIRTH });
  place.ends.push(() => peer.close());
  await peer.post("/lead", {}, PATIENTLY);
  return { peer, member };
}

async function lookAtTux(peer: HttpPeer, lease: LeaseAnswer | null): Promise<number> {
  const holds = lease && { leadership: lease.leadership, number: lease.number };
  const body = { names: ["Tux"], frontend: 1, lease: holds };
  const { results } = await peer.post<LookupAnswer>("/lookups", body, PATIENTLY);
  return results[0]!.product.quantity;
}

test("a sale invalidates, is shown, and is there after a restart", async (t) => {
  const place = await makePlace(t);
  const { peer, member } = await start(place);
  const lease = await peer.post<LeaseAnswer>("/lease", { frontend: 1, holds: null }, PATIENTLY);
  assert.equal(await lookAtTux(peer, lease), 100);
  const fence = { term: 1, leader: 3 };
  const { session } = await peer.post<FenceAnswer>("/fence", fence, PATIENTLY);
  const sales = [{ key: "k", name: "Tux", type: "buy", quantity: 4 }];
  const batch = { ...fence, session, batch: 1, settled: 0, sales };
  const { results } = await peer.post<SalesAnswer>("/sales", batch, PATIENTLY);
  assert.deepEqual(results, [{ code: "sold", sale: 1 }]);
  assert.deepEqual(place.dropped, ["Tux"]);
  assert.equal(await lookAtTux(peer, lease), 96);
  await member.close();

  const again = await start(place);
  place.ends.push(() => again.member.close());
  // Nobody has proved that the first lease is over, so the answer waits for its end.
  assert.equal(await lookAtTux(again.peer, lease), 96);
  const { details } = await again.peer.get<ReplicaHealth>("/health", PATIENTLY);
  assert.deepEqual([details.sales, details.unsettled, details.open], [1, 1, true]);
  const old = again.peer.post("/sales", batch, PATIENTLY);
  await assert.rejects(old, { reason: "session" });
  const next = await again.peer.post<FenceAnswer>("/fence", fence, PATIENTLY);
  assert.deepEqual(next.sales, [{ sale: 1, ...sales[0] }]);
});
