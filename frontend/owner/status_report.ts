/**
 * GET /status: every member, asked at that moment. Replicas of a group are
 * compared where that means something: at the group's common commit index,
 * the highest row that all who answered know to be committed, their logs'
 * checksums must be equal, and a checksum covers all rows before it. Many
 * who ask at once share one round.
 */
import { AppError } from "../../shared/errors.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import { HEALTH_TIMEOUT_MS } from "../../shared/limits.ts";
import { isReplicaHealth } from "../../shared/cluster/replica_health.ts";
import type { FrontendHealth, ReplicaHealth } from "../../shared/messages/messages.ts";

export interface Status {
  store: string;
  members: (FrontendStatus | ReplicaStatus | DownStatus)[];
}

export interface FrontendStatus {
  name: string;
  role: "frontend";
  state: "normal" | "stopping";
  /** It may serve from its cache. */
  leased: boolean;
  requests: number;
  /** Asked for and not done, as nobody waited for it any more. */
  abandoned: number;
  cache: FrontendHealth["cache"] & { hit_ratio: number | null };
  uptime_ms: number;
}

export interface ReplicaStatus {
  name: string;
  role: ReplicaHealth["role"];
  state: ReplicaHealth["state"];
  term: number;
  /** Rows in its log. */
  rows: number;
  /** Rows it has less than the leader, or than the longest when nobody leads. */
  lag: number;
  committed: number;
  /** Of all rows up to `hash_at`; null when it has no such row. */
  hash: string | null;
  hash_at: number;
  uptime_ms: number;
  details: ReplicaHealth["details"];
}

export interface DownStatus {
  name: string;
  role: null;
  state: "down";
  uptime_ms: null;
}

type HealthPeer = Pick<Peer, "get">;

export interface StatusReportOptions {
  store: string;
  self: () => FrontendHealth;
  /** All but this one. */
  frontends: ReadonlyMap<number, HealthPeer>;
  catalogs: ReadonlyMap<number, HealthPeer>;
  orders: ReadonlyMap<number, HealthPeer>;
}

export class StatusReport {
  readonly #options: StatusReportOptions;
  #underWay: Promise<Status> | null = null;

  constructor(options: StatusReportOptions) {
    this.#options = options;
  }

  /** Resolves within two rounds of HEALTH_TIMEOUT_MS. */
  make(): Promise<Status> {
    this.#underWay ??= this.#make().finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  async #make(): Promise<Status> {
    const { store, catalogs, orders } = this.#options;
    const groups = await Promise.all([
      this.#frontends(),
      replicasOf("catalog", catalogs),
      replicasOf("order", orders),
    ]);
    return { store, members: groups.flat() };
  }

  async #frontends(): Promise<(FrontendStatus | DownStatus)[]> {
    const own = this.#options.self();
    const others = [...this.#options.frontends].map(async ([id, peer]) => {
      const health = await healthOf<FrontendHealth>(peer, "/health");
      return { id, health };
    });
    const all = [{ id: own.id, health: own }, ...(await Promise.all(others))];
    return all.sort((a, b) => a.id - b.id).map(({ id, health }) => frontendStatus(id, health));
  }
}

async function replicasOf(
  kind: string,
  peers: ReadonlyMap<number, HealthPeer>,
): Promise<(ReplicaStatus | DownStatus)[]> {
  const healths = await healthsOf(peers, "/health");
  const answered = [...healths.values()].filter((health) => health !== null);
  const common = Math.min(...answered.map(({ commitIndex }) => commitIndex));
  const atCommon = answered.length === 0 ? healths : await healthsOf(peers, `/health?at=${common}`);
  const leaders = answered.filter(({ role }) => role === "leader");
  const leader = leaders.sort((a, b) => b.term - a.term)[0];
  const longest = leader?.lastIndex ?? Math.max(...answered.map(({ lastIndex }) => lastIndex));
  return [...healths].map(([id, health]) => {
    const name = `${kind}-${id}`;
    if (health === null) return downStatus(name);
    return {
      name,
      role: health.role,
      state: health.state,
      term: health.term,
      rows: health.lastIndex,
      lag: Math.max(0, longest - health.lastIndex),
      committed: health.commitIndex,
      hash: atCommon.get(id)?.checksum ?? null,
      hash_at: common,
      uptime_ms: Math.round(health.uptimeMs),
      details: health.details,
    };
  });
}

async function healthsOf(
  peers: ReadonlyMap<number, HealthPeer>,
  path: string,
): Promise<Map<number, ReplicaHealth | null>> {
  const entries = [...peers].map(async ([id, peer]) => {
    const health = await healthOf<ReplicaHealth>(peer, path);
    return [id, isReplicaHealth(health) ? health : null] as const;
  });
  return new Map((await Promise.all(entries)).sort(([a], [b]) => a - b));
}

/** Null when it does not answer. */
async function healthOf<T>(peer: HealthPeer, path: string): Promise<T | null> {
  try {
    return await peer.get<T>(path, { timeoutMs: HEALTH_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return null;
  }
}

function frontendStatus(id: number, health: FrontendHealth | null): FrontendStatus | DownStatus {
  const name = `frontend-${id}`;
  if (health === null) return downStatus(name);
  const { hits, misses } = health.cache;
  const looks = hits + misses;
  return {
    name,
    role: "frontend",
    state: health.stopping ? "stopping" : "normal",
    leased: health.leased,
    requests: health.requests,
    abandoned: health.abandoned,
    cache: { ...health.cache, hit_ratio: looks === 0 ? null : hits / looks },
    uptime_ms: Math.round(health.uptimeMs),
  };
}

function downStatus(name: string): DownStatus {
  return { name, role: null, state: "down", uptime_ms: null };
}
