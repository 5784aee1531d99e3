/**
 * A leader that stands in the way of its group, its disk full or the catalog
 * out of its reach, gives its place to a follower that is better off. It does
 * not die of what ails it, so nobody else would ever replace it.
 *
 *   something is in the way ─▶ who is fit? ─▶ take nothing new ─▶ all committed? ─▶ hand over
 *              ▲                   │ nobody                         │ too slow         │ in vain
 *              └─ a second later ──┴────────────────────────────────┴──────────────────┘
 *
 * Whatever goes wrong on the way, it goes on as before and tries again. That
 * costs nothing but time: until another replica has the votes this one leads.
 */
import { pause, type Clock } from "../clock.ts";
import { GroupHealth } from "../cluster/group_health.ts";
import { HEARTBEAT_MS, LEADER_LEASE_MS, STEP_ASIDE_RETRY_MS } from "../limits.ts";
import type { Log } from "../logging.ts";
import type { Peer } from "../cluster/peer.ts";
import type { ReplicaHost } from "./replica_host.ts";
import type { ReplicaHealth } from "../messages/messages.ts";

export interface Hindrance {
  /** For people: what this leader cannot do. */
  why: string;
  /**
   * A follower whose health reads so can do it. It must not be hindered in another way, or
   * two replicas would hand the lead to and fro.
   */
  isFit: (health: ReplicaHealth) => boolean;
}

export interface SteppingAsideOptions {
  host: Pick<ReplicaHost, "leading" | "commitIndex" | "lastIndex" | "handOver">;
  /** The other replicas of the group. */
  others: ReadonlyMap<number, Peer>;
  /** What stands in the way of this leader at the moment; null: nothing. */
  hindrance: () => Hindrance | null;
  /** Takes nothing new, until it is released. */
  hold: () => void;
  release: () => void;
  clock: Clock;
  log: Log;
  /** A bug. */
  fail: (error: unknown) => void;
}

/** How often it looks whether something stands in the way. */
const LOOK_EVERY_MS = HEARTBEAT_MS;
const POLL_MS = 5;

export class SteppingAside {
  readonly #options: SteppingAsideOptions;
  readonly #group: GroupHealth;
  #endLooks: () => void = () => {};
  #isClosed = false;
  /** The attempt that is being made. */
  #attempt: Promise<void> | null = null;
  /** No attempt before then. Monotonic. */
  #notBeforeMs = -Infinity;
  /** What people were last told that nobody can help with. */
  #told: string | null = null;

  constructor(options: SteppingAsideOptions) {
    this.#options = options;
    this.#group = new GroupHealth(options.others);
  }

  start(): void {
    const { others, clock } = this.#options;
    if (others.size > 0) this.#endLooks = clock.every(LOOK_EVERY_MS, () => this.#look());
  }

  /** Begins no other attempt; resolves when the one being made is over, for better or worse. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endLooks();
    await this.#attempt;
  }

  #look(): void {
    const { clock, fail } = this.#options;
    if (this.#attempt !== null || clock.monotonicMs() < this.#notBeforeMs) return;
    const hindrance = this.#hindrance();
    if (hindrance === null) {
      this.#told = null;
      return;
    }
    this.#attempt = this.#tryToStepAside(hindrance).catch(fail).finally(() => {
      this.#attempt = null;
      this.#notBeforeMs = clock.monotonicMs() + STEP_ASIDE_RETRY_MS;
    });
  }

  #hindrance(): Hindrance | null {
    const { host, hindrance } = this.#options;
    return host.leading ? hindrance() : null;
  }

  async #tryToStepAside({ why, isFit }: Hindrance): Promise<void> {
    const { host, hold, release, log } = this.#options;
    const fit = await this.#findFit(isFit);
    if (fit.length === 0) return this.#tell(why);
    // A planned stop hands over by itself, and what stood in the way may be gone.
    if (this.#isClosed || this.#hindrance() === null) return;
    hold();
    try {
      if (!(await this.#isAllCommitted()) || this.#hindrance() === null) return;
      log.warn("stepping aside", { why, fit });
      if (await host.handOver(isFit)) await this.#untilReplaced();
    } finally {
      release();
    }
  }

  /** Followers that are fit to lead, by id. */
  async #findFit(isFit: (health: ReplicaHealth) => boolean): Promise<number[]> {
    const asked = this.#group.ask(this.#group.ids, { termMin: Infinity, patient: false });
    const healths = await asked.done;
    const normal = healths.filter(({ state }) => state === "normal");
    return normal.filter(isFit).map(({ id }) => id);
  }

  /** True: what is in the log of this leader is there for good. False: not within a lease. */
  async #isAllCommitted(): Promise<boolean> {
    const { host, clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + LEADER_LEASE_MS;
    while (host.leading && host.commitIndex < host.lastIndex) {
      if (clock.monotonicMs() >= deadlineMs) return false;
      await pause(clock, POLL_MS);
    }
    return host.leading;
  }

  /** Another one leads, and this one is about to hear of it. */
  async #untilReplaced(): Promise<void> {
    const { host, clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + LEADER_LEASE_MS;
    while (host.leading && clock.monotonicMs() < deadlineMs) await pause(clock, POLL_MS);
  }

  #tell(why: string): void {
    if (this.#told === why) return;
    this.#told = why;
    this.#options.log.warn("no other replica is better off, and this one leads on", { why });
  }
}
