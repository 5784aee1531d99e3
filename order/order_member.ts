/**
 * Puts an order replica together: log, index, seller and the threads that
 * listen. Started by main.ts; closing it answers what is in flight, notes the
 * log's length and lets the folder go.
 */
import { randomBytes } from "node:crypto";
import { systemClock } from "../shared/clock.ts";
import { HttpPeer } from "../shared/http/peer.ts";
import { INTERNAL_THREAD } from "../shared/http/internal_calls.ts";
import { LeaderFinder } from "../shared/leader_finder.ts";
import type { Member, MemberContext } from "../shared/member.ts";
import { ReplicaHost } from "../shared/replication/replica_host.ts";
import { startHttpThreads } from "../shared/threads.ts";
import type { FindAnswer, PlaceAnswer, ReplicaHealth } from "../shared/wire.ts";
import { ORDER_CALLS, parseFind, parseHealth, parsePlace } from "./calls.ts";
import { OrderIndex } from "./order_index.ts";
import { Orders } from "./orders.ts";
import { Seller } from "./seller.ts";

export async function startOrder(context: MemberContext): Promise<Member> {
  const { settings, secret, birth, log, fail } = context;
  const catalogs = new Map(
    [...settings.catalogs].map(([id, url]) => {
      return [id, new HttpPeer({ url, secret, birth: birth.id })] as const;
    }),
  );
  const { random } = Math;
  const finder = new LeaderFinder({
    members: catalogs, log, nominate: false, clock: systemClock, random,
  });
  const orders = new Orders({
    index: new OrderIndex(randomBytes(4).readUInt32LE()),
    catalogLostAtMs: () => finder.lostAtMs,
  });
  const host = await ReplicaHost.open({
    id: settings.id,
    members: settings.orders,
    quorum: settings.orderQuorum,
    folder: settings.folder,
    service: orders,
    birth: birth.id,
    secret,
    log,
    fail,
  });
  const seller = new Seller({ id: settings.id, catalog: finder, log, events: orders });
  orders.start({ host, seller, fail });
  finder.start();
  const handle = createHandler(host, orders, seller);
  const threads = await startHttpThreads({
    module: INTERNAL_THREAD,
    count: settings.threads,
    host: settings.host,
    port: settings.port,
    data: { secret, birth: birth.id, calls: [...ORDER_CALLS, ...host.calls] },
    handle,
    onDeath: fail,
  });
  log.info("ready", { port: threads.port, rows: host.lastIndex, orders: orders.count });
  return {
    async close() {
      await orders.retire();
      await host.handOver();
      await threads.close();
      orders.close();
      finder.close();
      await host.close();
      for (const peer of catalogs.values()) peer.close();
    },
  };
}

function createHandler(host: ReplicaHost, orders: Orders, seller: Seller) {
  return async (kind: string, body: unknown): Promise<object> => {
    switch (kind) {
      case "POST /orders":
        return { results: await orders.place(parsePlace(body)) } satisfies PlaceAnswer;
      case "POST /orders/find":
        return { results: await orders.find(parseFind(body)) } satisfies FindAnswer;
      case "GET /health":
        return health(host, orders, seller, parseHealth(body));
      default:
        return host.handle(kind, body);
    }
  };
}

function health(
  host: ReplicaHost,
  orders: Orders,
  seller: Seller,
  at: number | null,
): ReplicaHealth {
  const { appends, rows, flushes } = host.counts;
  const { batches, sales, fences } = seller.counts;
  const report = host.health(at);
  return {
    ...report,
    serving: report.serving && !orders.isRetiring,
    details: {
      orders: orders.count,
      pending: orders.pendingCount,
      selling: seller.isOpen,
      appends,
      rows,
      flushes,
      batches,
      sales,
      fences,
    },
  };
}
