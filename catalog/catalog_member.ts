/**
 * Puts a catalog replica together: products, log, leases and the threads that
 * listen. Started by main.ts; closing it answers what is in flight first.
 */
import { fileURLToPath } from "node:url";
import { systemClock } from "../shared/clock.ts";
import { INTERNAL_THREAD } from "../shared/http/internal_calls.ts";
import { HttpPeer } from "../shared/http/peer.ts";
import { INVALIDATE_TIMEOUT_MS } from "../shared/limits.ts";
import type { Member, MemberContext } from "../shared/member.ts";
import { ReplicaHost } from "../shared/replication/replica_host.ts";
import { STORES } from "../shared/stores/stores.ts";
import { startHttpThreads } from "../shared/threads.ts";
import type { InvalidateRequest } from "../shared/wire.ts";
import { CATALOG_CALLS } from "./calls.ts";
import { Catalog } from "./catalog.ts";
import { loadInitialProducts } from "./initial_file.ts";
import { CatalogState } from "./state.ts";

const DATA_FOLDER = fileURLToPath(new URL("data", import.meta.url));

export async function startCatalog(context: MemberContext): Promise<Member> {
  const { settings, secret, birth, log, fail } = context;
  const { id, folder, host: address, port, threads: count, restockMs, restockTo } = settings;
  const store = STORES.get(settings.store)!;
  const products = loadInitialProducts({ store, dataFolder: DATA_FOLDER, folder, log });
  const frontends = new Map([...settings.frontends].map(([frontend, url]) => {
    return [frontend, new HttpPeer({ url, secret, birth: birth.id })] as const;
  }));
  const catalog = new Catalog({
    state: new CatalogState(products),
    frontends: [...frontends.keys()],
    restockMs: store.restocks ? restockMs : 0,
    restockTo,
    clock: systemClock,
    async invalidate(frontend, leadership, names) {
      const request: InvalidateRequest = { leadership, names };
      const peer = frontends.get(frontend)!;
      await peer.post("/invalidate", request, { timeoutMs: INVALIDATE_TIMEOUT_MS });
    },
  });
  const quorum = Math.floor(settings.catalogs.size / 2) + 1;
  const replica = await ReplicaHost.open({
    id, members: settings.catalogs, quorum, folder,
    service: catalog, birth: birth.id, secret, log, fail,
  });
  catalog.attach(replica);
  const calls = [...CATALOG_CALLS, ...replica.calls];
  const threads = await startHttpThreads({
    module: INTERNAL_THREAD, count, host: address, port, data: { secret, birth: birth.id, calls },
    handle: (kind, body) => catalog.handle(kind, body), onDeath: fail,
  });
  log.info("ready", { port: threads.port, rows: replica.lastIndex, products: products.length });
  return {
    async close() {
      await threads.close();
      catalog.close();
      await replica.close();
      for (const peer of frontends.values()) peer.close();
    },
  };
}
