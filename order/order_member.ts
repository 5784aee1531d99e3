/**
 * An order replica as a process: the service, its port, and connections to the
 * other members. Started by main.ts; closing it answers what is in flight
 * before it lets the folder go.
 */
import { randomBytes } from "node:crypto";
import { systemClock } from "../shared/clock.ts";
import { startInternalPort } from "../shared/cluster/internal_port.ts";
import { openPeers } from "../shared/cluster/http_peers.ts";
import type { Member, MemberContext } from "../shared/member/member.ts";
import { NodeDisk } from "../shared/replication/storage/node_disk.ts";
import { REPLICATION_CALLS } from "../shared/replication/wire_format.ts";
import { ORDER_CALLS } from "./requests.ts";
import { OrderService } from "./order_service.ts";

export async function startOrder(context: MemberContext): Promise<Member> {
  const { settings, log, fail } = context;
  const { id } = settings;
  const catalogs = openPeers(context, settings.catalogs);
  const orders = openPeers(context, settings.orders, { but: id });
  const service = await OrderService.open({
    id,
    quorum: settings.orderQuorum,
    orders,
    catalogs,
    disk: new NodeDisk(settings.folder),
    clock: systemClock,
    startId: randomBytes(4).toString("hex"),
    keySeed: randomBytes(4).readUInt32LE(),
    random: Math.random,
    log,
    fail,
  });
  const { port, threads } = settings;
  const calls = [...ORDER_CALLS, ...REPLICATION_CALLS];
  const internal = await startInternalPort(context, {
    port,
    threads,
    calls,
    handle: (kind, body, asker) => service.handle(kind, body, asker),
    onGone: () => service.dropGone(),
  });
  log.info("ready", { port: internal.port, rows: service.lastIndex, orders: service.count });
  return {
    async close() {
      await service.retire();
      await internal.close();
      await service.close();
      for (const peer of [...catalogs.values(), ...orders.values()]) peer.close();
    },
  };
}
