/** A leader of a group that the test speaks for: it sees each request and answers when it likes. */
import type { Finder } from "../../frontend/owner/leader_client.ts";
import { AppError } from "../../shared/errors.ts";
import type { Leader } from "../../shared/cluster/leader_finder.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import type {
  FindRequest, ListRequest, LookupRequest, PlaceRequest, ReplicaHealth,
} from "../../shared/messages/messages.ts";

export interface FakeCall {
  to: number;
  path: string;
  body: Partial<PlaceRequest & FindRequest & LookupRequest & ListRequest>;
  answer: (body: unknown) => void;
  fail: (error: AppError) => void;
}

type FakeHealth = Pick<ReplicaHealth, "state" | "role" | "commitIndex" | "details" | "full">;

/** One that is alive. */
export const FOLLOWER: FakeHealth = {
  state: "normal", role: "follower", commitIndex: 100, full: false, details: {},
};

export class FakeFinder implements Finder {
  leader: Leader | null = null;
  lostAtMs: number | null = 0;
  /** Whether it says that it reaches the catalog. */
  reachesCatalog = false;
  /** Whether it says that its disk is full. */
  isFull = false;
  /** What others than the leader last said of themselves. */
  readonly followers = new Map<number, FakeHealth>();
  /** Ids of leaders that were suspected. */
  readonly suspected: number[] = [];
  readonly calls: FakeCall[] = [];
  readonly #handlers: ((leader: Leader) => void)[] = [];
  readonly #waiting: ((leader: Leader) => void)[] = [];
  readonly #arrivals: ((call: FakeCall) => void)[] = [];
  #taken = 0;

  lead(id: number, term: number, peer: Peer = this.peerOf(id)): void {
    this.leader = { id, term, peer };
    this.lostAtMs = null;
    for (const resolve of this.#waiting.splice(0)) resolve(this.leader);
    for (const handler of this.#handlers) handler(this.leader);
  }

  /** A replica that the test speaks for, leader or not. */
  peerOf(id: number): Peer {
    return {
      url: `http://replica-${id}`,
      get: () => Promise.reject(new AppError("unavailable", "nothing to get here")),
      post: <T>(path: string, body: object | string) => {
        return new Promise<T>((resolve, fail) => {
          const parsed = typeof body === "string" ? JSON.parse(body) : body;
          const answer = (given: unknown): void => resolve(given as T);
          this.calls.push({ to: id, path, body: parsed, answer, fail });
          this.#arrivals.shift()?.(this.calls[this.#taken++]!);
        });
      },
      abandon: () => {},
      close: () => {},
    };
  }

  healths(): Map<number, FakeHealth> {
    const details = { catalog: this.reachesCatalog };
    const leader = { ...FOLLOWER, role: "leader" as const, full: this.isFull, details };
    const healths = new Map(this.followers);
    if (this.leader !== null) healths.set(this.leader.id, leader);
    return healths;
  }

  wait(): Promise<Leader> {
    if (this.leader !== null) return Promise.resolve(this.leader);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  onLeader(handler: (leader: Leader) => void): void {
    this.#handlers.push(handler);
  }

  suspect(peer: Peer): void {
    if (this.leader?.peer !== peer) return;
    this.suspected.push(this.leader.id);
    this.leader = null;
  }

  /** The next request that was not handed out yet, as soon as it comes. */
  next(): Promise<FakeCall> {
    const call = this.calls[this.#taken];
    if (call !== undefined) {
      this.#taken++;
      return Promise.resolve(call);
    }
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }
}
