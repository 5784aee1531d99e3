/**
 * A front-end, put together: the owner (owner.ts) on the process's first
 * thread, HTTP threads for the public (http_thread.ts), the internal port for
 * the other members, and the report on all of them.
 */
import { randomBytes } from "node:crypto";
import type { Asker } from "../shared/threads/asker.ts";
import { monotonicMs, systemClock } from "../shared/clock.ts";
import { connectionsWithin, descriptorLimit } from "../shared/member/descriptors.ts";
import { startInternalPort, type InternalPort } from "../shared/cluster/internal_port.ts";
import { openPeers } from "../shared/cluster/http_peers.ts";
import type { Member, MemberContext } from "../shared/member/member.ts";
import type { Peer } from "../shared/cluster/peer.ts";
import { readSecret } from "../shared/member/secret.ts";
import { parseText } from "../shared/threads/thread_messages.ts";
import { startHttpThreads, type HttpThreads } from "../shared/threads/owner_threads.ts";
import type { FrontendHealth } from "../shared/messages/messages.ts";
import type { Ask } from "./owner_messages.ts";
import { totalOf } from "./cache/thread_metrics.ts";
import { FrontendOwner } from "./owner/owner.ts";
import type { HttpThreadData } from "./api/handlers.ts";
import { makeSharedMemory, type SharedMemory } from "./cache/shared_memory.ts";
import { StatusReport } from "./owner/status_report.ts";

/** On the internal port. An invalidation is done where it is read (owner.ts). */
const INTERNAL_CALLS = [
  { method: "POST", path: "/invalidate" },
  { method: "GET", path: "/health" },
] as const;

export interface RunningFrontend extends Member {
  /** The public one. */
  readonly port: number;
  readonly internalPort: number;
}

export async function startFrontend(context: MemberContext): Promise<RunningFrontend> {
  const frontend = new Frontend(context);
  await frontend.start();
  return frontend;
}

class Frontend implements RunningFrontend {
  readonly #context: MemberContext;
  readonly #memory: SharedMemory;
  readonly #peers: Record<"frontends" | "catalogs" | "orders", Map<number, Peer>>;
  readonly #owner: FrontendOwner;
  readonly #report: StatusReport;
  readonly #startedAtMs = monotonicMs();
  readonly #adminToken: string | null;
  #internal: InternalPort | null = null;
  #threads: HttpThreads | null = null;
  #stopping = false;

  constructor(context: MemberContext) {
    const { settings, log } = context;
    const { id, store, orderQuorum, balance, adminTokenFile } = settings;
    this.#context = context;
    this.#adminToken = adminTokenFile && readSecret("ADMIN_TOKEN_FILE", adminTokenFile);
    this.#memory = makeSharedMemory(settings.threads);
    this.#peers = {
      frontends: openPeers(context, settings.frontends, { but: id }),
      catalogs: openPeers(context, settings.catalogs),
      orders: openPeers(context, settings.orders),
    };
    this.#owner = new FrontendOwner({
      id,
      startId: `${id}.${randomBytes(4).toString("hex")}`,
      catalogs: this.#peers.catalogs,
      orders: this.#peers.orders,
      orderQuorum,
      balance,
      memory: this.#memory,
      clock: systemClock,
      random: Math.random,
      log,
    });
    this.#report = new StatusReport({ store, self: () => this.#health(), ...this.#peers });
  }

  get port(): number {
    return this.#threads!.port;
  }

  get internalPort(): number {
    return this.#internal!.port;
  }

  async start(): Promise<void> {
    const { settings, log } = this.#context;
    this.#internal = await startInternalPort(this.#context, {
      port: settings.internalPort,
      threads: 1,
      calls: INTERNAL_CALLS,
      handle: (kind, body) => this.#handleMember(kind, body),
    });
    this.#owner.start();
    this.#threads = await this.#startThreads();
    log.info("listening", { port: this.port, internalPort: this.internalPort });
  }

  /** What was taken is answered; then the catalog need not wait for this front-end any more. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#threads?.tell("stopping", null);
    await this.#threads?.close();
    await this.#owner.close();
    await this.#internal?.close();
    for (const peers of Object.values(this.#peers)) for (const peer of peers.values()) peer.close();
  }

  #startThreads(): Promise<HttpThreads> {
    const { settings, birth, fail } = this.#context;
    const { id, store, cacheSize, cacheTtlMs, logLevel, threads, host, port } = settings;
    const memory = this.#memory;
    const cache = { cacheSize, cacheTtlMs, memory };
    const data = {
      id, store, birth: birth.id, logLevel, adminToken: this.#adminToken, host,
      ...cache, ...this.#doors(),
    };
    return startHttpThreads({
      module: new URL("./http_thread.ts", import.meta.url).href,
      count: threads,
      listen: { host, port },
      data: data satisfies HttpThreadData,
      handle: (kind, text, asker) => this.#handle(kind as Ask, text, asker),
      onGone: () => this.#owner.dropGone(),
      onDeath: fail,
    });
  }

  /** Each thread has its part of what the process may take: it cannot see the others'. */
  #doors() {
    const { settings, log } = this.#context;
    const { threads, doors } = settings;
    const { connectionsMax, connectionsPerClient, requestsPerClient } = doors;
    const total = Math.min(connectionsMax, connectionsWithin(descriptorLimit()));
    if (total < connectionsMax) {
      log.warn("fewer connections than set: the limit of open files is low", { total });
    }
    const part = (whole: number): number => Math.max(1, Math.ceil(whole / threads));
    return {
      ...doors,
      requestsPerClient: requestsPerClient === null ? null : part(requestsPerClient),
      connections: {
        total: part(total),
        perAddress: part(Math.min(connectionsPerClient, total)),
        strangers: null,
      },
    };
  }

  /** What other members ask for. @throws bad_request */
  #handleMember(kind: string, body: unknown): object {
    return kind === "POST /invalidate" ? this.#owner.invalidate(body) : this.#health();
  }

  /** What the HTTP threads ask for. A purchase is passed on as the text that it came as. */
  #handle(kind: Ask, text: string, asker: Asker): unknown {
    if (kind === "status") return this.#report.make();
    return this.#owner.handle(kind, kind === "place" ? text : parseText(text), asker);
  }

  #health(): FrontendHealth {
    const { settings } = this.#context;
    const { hits, misses, entries, requests } = totalOf(this.#memory.counts);
    return {
      id: settings.id,
      uptimeMs: monotonicMs() - this.#startedAtMs,
      stopping: this.#stopping,
      leased: this.#owner.isLeased,
      cache: {
        enabled: settings.cacheSize > 0,
        capacity: settings.cacheSize * settings.threads,
        entries,
        hits,
        misses,
        invalidations: this.#owner.invalidated,
      },
      requests,
      abandoned: this.#owner.abandoned,
    };
  }
}
