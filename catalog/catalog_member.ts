/**
 * A catalog replica as a process: the service, its port, and connections to
 * the front-ends. Started by main.ts; closing it answers what is in flight
 * first.
 */
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { systemClock } from "../shared/clock.ts";
import { startInternalPort } from "../shared/cluster/internal_port.ts";
import { openPeers } from "../shared/cluster/http_peers.ts";
import type { Member, MemberContext } from "../shared/member/member.ts";
import { NodeDisk } from "../shared/replication/storage/node_disk.ts";
import { REPLICATION_CALLS } from "../shared/replication/wire_format.ts";
import { STORES } from "../shared/stores/stores.ts";
import { CATALOG_CALLS } from "./calls/requests.ts";
import { CatalogService } from "./catalog_service.ts";
import { loadInitialProducts } from "./seed/seed_file.ts";

const DATA_FOLDER = fileURLToPath(new URL("data", import.meta.url));

export async function startCatalog(context: MemberContext): Promise<Member> {
  const { settings, log, fail } = context;
  const { id, folder, port, threads, restockMs, restockTo } = settings;
  const store = STORES.get(settings.store)!;
  const products = loadInitialProducts({ store, dataFolder: DATA_FOLDER, folder, log });
  const frontends = openPeers(context, settings.frontends);
  const catalogs = openPeers(context, settings.catalogs, { but: id });
  const service = await CatalogService.open({
    id,
    catalogs,
    frontends,
    orders: [...settings.orders.keys()],
    products,
    restockMs: store.restocks ? restockMs : 0,
    restockTo,
    disk: new NodeDisk(folder),
    clock: systemClock,
    startId: randomBytes(4).toString("hex"),
    log,
    fail,
  });
  const calls = [...CATALOG_CALLS, ...REPLICATION_CALLS];
  const handle = (kind: string, body: unknown) => service.handle(kind, body);
  const internal = await startInternalPort(context, { port, threads, calls, handle });
  log.info("ready", { port: internal.port, rows: service.lastIndex, products: products.length });
  return {
    async close() {
      await service.retire();
      await internal.close();
      await service.close();
      for (const peer of [...frontends.values(), ...catalogs.values()]) peer.close();
    },
  };
}
