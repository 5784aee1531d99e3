/**
 * A replica as others see it: it answers GET /health with what the test
 * says, and POST /lead and the rest by the test's rules. No network, and a clock that the
 * test moves, so that a test decides what comes when.
 */
import { AppError } from "../../shared/errors.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import type {
  LeaseRequest,
  LookupRequest,
  PlaceRequest,
  ReplicaHealth,
} from "../../shared/messages/messages.ts";
import { HandClock } from "../support/hand_clock.ts";

/** What front-ends send. */
export type FakeBody = Partial<PlaceRequest & LookupRequest & LeaseRequest>;

export class FakeReplica implements Peer {
  readonly url: string;
  readonly #clock: HandClock;
  readonly health: ReplicaHealth;
  /**
   * Down: it refuses connections. Hung: it never answers, and the request
   * times out. Slow: it answers, after the others.
   */
  state: "up" | "slow" | "down" | "hung" = "up";
  /** What a nomination does; throws to refuse. */
  onLead: () => void;
  /** What it answers to a POST, by path; throws to refuse. What is not here is unavailable. */
  readonly answers: Record<string, (body: FakeBody) => unknown> = {};
  readonly #asked: { path: string; body: FakeBody }[] = [];
  healthsAsked = 0;
  nominations = 0;
  abandoned = 0;

  constructor(id: number, clock: HandClock) {
    this.#clock = clock;
    this.url = `fake:${id}`;
    this.health = {
      id, state: "normal", role: "follower", term: 1, leader: null, lastIndex: 0, commitIndex: 0,
      serving: false, majority: false, leaseMs: 0, full: false,
      checksum: null, uptimeMs: 0, details: {},
    };
    this.onLead = () => this.lead(this.health.term + 1);
  }

  lead(term: number): void {
    Object.assign(this.health, { role: "leader", serving: true, majority: true, term });
  }

  follow(leader: FakeReplica, leaseMs: number): void {
    const { id, term } = leader.health;
    Object.assign(this.health, { role: "follower", serving: false, leader: id, term, leaseMs });
  }

  async get<T>(_path: string, { timeoutMs }: { timeoutMs: number }): Promise<T> {
    this.healthsAsked++;
    await this.#answer(timeoutMs);
    return { ...this.health } as T;
  }

  async post<T>(path: string, body: object | string, options: { timeoutMs: number }): Promise<T> {
    const isNomination = path === "/lead";
    if (isNomination) this.nominations++;
    const parsed = (typeof body === "string" ? JSON.parse(body) : body) as FakeBody;
    this.#asked.push({ path, body: parsed });
    await this.#answer(options.timeoutMs);
    if (isNomination) {
      this.onLead();
      return {} as T;
    }
    const answer = this.answers[path];
    if (answer === undefined) throw new AppError("unavailable", `nobody answers ${path} here`);
    return answer(parsed) as T;
  }

  /** What it was sent there, in order. */
  bodies(path: string): FakeBody[] {
    return this.#asked.filter((asked) => asked.path === path).map(({ body }) => body);
  }

  abandon(): void {
    this.abandoned++;
  }

  close(): void {}

  #answer(timeoutMs: number): Promise<void> {
    if (this.state === "down") throw new AppError("unavailable", "connection refused");
    return new Promise((resolve, reject) => {
      if (this.state === "up") this.#clock.after(1, resolve);
      else if (this.state === "slow") this.#clock.after(30, resolve);
      else this.#clock.after(timeoutMs, () => reject(new AppError("unknown", "no answer")));
    });
  }
}

export type Group = ReturnType<typeof group>;

/** Replicas 1 to `size`, all followers of nobody. */
export function group(size = 3) {
  const clock = new HandClock();
  const replicas = Array.from({ length: size }, (_, at) => new FakeReplica(at + 1, clock));
  const members = new Map(replicas.map((replica) => [replica.health.id, replica]));
  return { clock, replicas, members, replica: (id: number) => members.get(id)! };
}
