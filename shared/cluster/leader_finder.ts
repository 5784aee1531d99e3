/**
 * Finds and follows the leader of one group of replicas; how fast it is
 * decides the pause that clients see after a leader's death. A front-end
 * nominates when nobody leads, an order replica only looks.
 *
 *   following ──▶ its leader's /health every 200 ms, everybody's each second;
 *       │         who has nothing to ask of it at the moment, each second alone
 *       │ no answer, no leader any more, or somebody suspects it: at once
 *       ▼
 *   hunting ────▶ everybody's /health, all at once
 *       somebody leads and serves             follow it
 *       somebody is opening a term            give it the time a nominee has
 *       a majority still hears a leader       wait until it would vote: a dead
 *                                             one's lease ends, a live one's not
 *       else                                  POST /lead to the highest id, then
 *                                             to the next lower ones, and round
 *
 * The votes decide who leads (replication/replica.ts), so nothing here can
 * do worse than cost time: two finders may nominate two replicas at once.
 * One loop does one thing after the other; there is never a second look or
 * nomination under way.
 */
import assert from "node:assert/strict";
import type { Clock } from "../clock.ts";
import { AppError, hasReason } from "../errors.ts";
import type { Peer } from "./peer.ts";
import * as limits from "../limits.ts";
import type { Log } from "../logging.ts";
import { GroupHealth } from "./group_health.ts";
import { leaseOf, nominees, willVoteInMs, workingLeader } from "./replica_health.ts";
import type { ReplicaHealth } from "../messages/messages.ts";

export interface Leader {
  id: number;
  term: number;
  peer: Peer;
}

export interface LeaderFinderOptions {
  /** All replicas of the group, by id. */
  members: ReadonlyMap<number, Peer>;
  log: Log;
  /** False: it only looks. */
  nominate: boolean;
  /** False: a look a second will do for now. */
  isNeeded?: () => boolean;
  /** At the start, how long it waits for all replicas to answer before it nominates. */
  gatherMs?: number;
  /** The same once all were gone: with a quorum below a majority one alone may lack orders. */
  gathersAgain?: boolean;
  clock: Clock;
  /** From 0 to below 1. */
  random: () => number;
}

interface Waiting {
  resolve: (leader: Leader) => void;
  reject: (error: AppError) => void;
  callOff: () => void;
}

/** Every so many looks at the leader, everybody is asked: once a second. */
const LOOKS_PER_FULL_LOOK = 5;
/** While a leader out of reach is vouched for, the next look comes at least this soon. */
const VOUCHED_PAUSE_MAX_MS = 100;

export class LeaderFinder {
  readonly #options: LeaderFinderOptions;
  readonly #clock: Clock;
  #leader: Leader | null = null;
  #lostAtMs: number | null = null;
  /** The leader that the handlers were last told of. */
  #announced: Leader | null = null;
  readonly #handlers: ((leader: Leader) => void)[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #group: GroupHealth;
  #looks = 0;
  #closed = false;
  #started = false;
  /** Ends the pause or the look that the loop is in. */
  #wake: () => void = () => {};
  /** Until then a hunt waits for all to answer. Monotonic; 0 once the first hunt is over. */
  #gatherUntilMs = 0;
  /** Ids from this one on were nominated in this round of the hunt, in vain. */
  #nominateBelow = Infinity;
  /** Refused because a leader lives, and to be asked once more when its lease has ended. */
  #refusedAlive: number | null = null;
  /** Since when somebody has been seen opening a term. Monotonic. */
  #openingSinceMs: number | null = null;

  constructor(options: LeaderFinderOptions) {
    assert(options.members.size > 0);
    this.#options = options;
    this.#clock = options.clock;
    this.#group = new GroupHealth(options.members);
  }

  start(): void {
    assert(!this.#started, "a finder starts once");
    this.#started = true;
    this.#lostAtMs = this.#clock.monotonicMs();
    this.#gather();
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#leader = null;
    this.#wake();
    const error = new AppError("unavailable", "This member is stopping");
    for (const waiting of this.#waiting) this.#settle(waiting).reject(error);
  }

  /** The replica that leads and serves, as far as is known. */
  get leader(): Leader | null {
    return this.#leader;
  }

  /** Since when there has been none. Monotonic. */
  get lostAtMs(): number | null {
    return this.#lostAtMs;
  }

  /** What each replica last said; one that did not answer when it was last asked is missing. */
  healths(): ReadonlyMap<number, ReplicaHealth> {
    return this.#group.healths;
  }

  /** Called for each leader that differs from the one before in id or term. */
  onLeader(handler: (leader: Leader) => void): void {
    this.#handlers.push(handler);
  }

  /**
   * The leader, now or as soon as there is one.
   * @param deadlineMs monotonic
   * @throws unavailable at the deadline
   */
  wait(deadlineMs: number): Promise<Leader> {
    if (this.#leader !== null) return Promise.resolve(this.#leader);
    const clock = this.#clock;
    return new Promise((resolve, reject) => {
      const late = new AppError("unavailable", "There is no leader at the moment");
      // Not in this turn: who asks again and again would never let the process end.
      if (this.#closed) return void clock.after(0, () => reject(late));
      const expire = (): void => this.#settle(waiting).reject(late);
      const callOff = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), expire);
      const waiting: Waiting = { resolve, reject, callOff };
      this.#waiting.add(waiting);
    });
  }

  #settle(waiting: Waiting): Waiting {
    waiting.callOff();
    this.#waiting.delete(waiting);
    return waiting;
  }

  /** A request to this peer failed, or it said that it does not lead: look again at once. */
  suspect(peer: Peer): void {
    if (this.#leader?.peer !== peer) return;
    this.#lose("a request to it failed");
    this.#wake();
  }

  // The loop -------------------------------------------------------------------

  async #run(): Promise<void> {
    while (!this.#closed) {
      if (this.#leader === null) await this.#hunt();
      else await this.#watch();
    }
  }

  async #watch(): Promise<void> {
    await this.#pause(limits.HEALTH_INTERVAL_MS);
    const followed = this.#leader;
    if (followed === null || this.#closed) return;
    const full = ++this.#looks % LOOKS_PER_FULL_LOOK === 0;
    if (!full && this.#options.isNeeded?.() === false) return;
    const answers = await this.#look(full ? this.#group.ids : [followed.id]);
    // Null or another: somebody suspected it meanwhile, and these answers may be older than that.
    if (this.#leader !== followed) return;
    const found = workingLeader(answers);
    if (found !== null && found.term >= followed.term) this.#follow(found);
    else this.#lose("it does not say that it leads");
  }

  /** One round: a look, and what follows from it. */
  async #hunt(): Promise<void> {
    const answers = await this.#look(this.#group.ids);
    if (this.#closed) return;
    const found = workingLeader(answers);
    if (found !== null) return this.#follow(found);
    if (!this.#options.nominate || this.#isGathering(answers)) return this.#pauseAtRandom();
    if (this.#isOpening(answers)) return this.#pause(limits.NOMINATION_PAUSE_MIN_MS);
    const leaseMs = willVoteInMs(answers, this.#options.members.size);
    if (leaseMs > 0) return this.#pause(Math.min(leaseMs, VOUCHED_PAUSE_MAX_MS));
    const nominee = nominees(answers).find(({ id }) => id < this.#nominateBelow);
    if (nominee !== undefined) return this.#nominate(nominee.id);
    this.#nominateBelow = Infinity;
    return this.#pauseAtRandom();
  }

  #gather(): void {
    this.#gatherUntilMs = this.#clock.monotonicMs() + (this.#options.gatherMs ?? limits.GATHER_MS);
  }

  /** The first nomination of a process waits for replicas that are still starting. */
  #isGathering(answers: ReplicaHealth[]): boolean {
    if (answers.length === 0 && this.#options.gathersAgain) this.#gather();
    const complete = answers.length === this.#options.members.size;
    if (complete || this.#clock.monotonicMs() >= this.#gatherUntilMs) this.#gatherUntilMs = 0;
    return this.#gatherUntilMs > 0;
  }

  /** Somebody has been nominated already, and has had less time than a nominee gets. */
  #isOpening(answers: ReplicaHealth[]): boolean {
    if (!answers.some(({ role }) => role !== "follower")) {
      this.#openingSinceMs = null;
      return false;
    }
    this.#openingSinceMs ??= this.#clock.monotonicMs();
    return this.#clock.monotonicMs() - this.#openingSinceMs < limits.NOMINATION_TIMEOUT_MS;
  }

  async #nominate(id: number): Promise<void> {
    const { log, members } = this.#options;
    log.debug("nominating", { nominee: id });
    try {
      await members.get(id)!.post("/lead", {}, { timeoutMs: limits.NOMINATION_TIMEOUT_MS });
      this.#nominateBelow = id;
    } catch (error) {
      log.debug("nomination failed", { nominee: id, error });
      if (hasReason(error, "leader_alive") && this.#refusedAlive !== id) {
        this.#refusedAlive = id;
        return this.#pause(leaseOf(error));
      }
      this.#refusedAlive = null;
      this.#nominateBelow = id;
    }
  }

  /** Until the leader is clear, or all have answered or failed, or it is woken. */
  #look(ids: readonly number[]): Promise<ReplicaHealth[]> {
    const { done, stop } = this.#group.ask(ids, {
      termMin: this.#announced?.term ?? 0,
      patient: this.#gatherUntilMs > 0,
    });
    this.#wake = stop;
    return done;
  }

  // What was found -------------------------------------------------------------

  #follow({ id, term }: ReplicaHealth): void {
    const leader = { id, term, peer: this.#options.members.get(id)! };
    if (this.#leader?.id !== id || this.#leader.term !== term) this.#leader = leader;
    this.#lostAtMs = null;
    this.#gatherUntilMs = 0;
    this.#nominateBelow = Infinity;
    this.#refusedAlive = null;
    this.#openingSinceMs = null;
    for (const waiting of this.#waiting) this.#settle(waiting).resolve(this.#leader!);
    const before = this.#announced;
    if (before?.id === id && before.term === term) return;
    this.#announced = leader;
    // A leader that was paused, not killed, would keep its askers waiting for their time-outs.
    if (before !== null && before.id !== id) before.peer.abandon();
    this.#options.log.info("following a leader", { leader: id, term });
    for (const handler of this.#handlers) handler(leader);
  }

  #lose(why: string): void {
    assert(this.#leader !== null);
    this.#options.log.warn("lost the leader", { leader: this.#leader.id, why });
    this.#leader = null;
    this.#lostAtMs = this.#clock.monotonicMs();
  }

  // Pauses ---------------------------------------------------------------------

  /** At least so long, unless it is woken. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#clock.after(ms, resolve);
      this.#wake = () => {
        callOff();
        resolve();
      };
    });
  }

  /** Two finders that nominate different replicas in step would never agree. */
  #pauseAtRandom(): Promise<void> {
    const { NOMINATION_PAUSE_MIN_MS: min, NOMINATION_PAUSE_MAX_MS: max } = limits;
    return this.#pause(min + this.#options.random() * (max - min));
  }
}
