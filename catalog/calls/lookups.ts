/**
 * POST /lookups, /lists and /names. The leader answers from the visible state
 * when the asker's lease, or else a majority, vouches for it; a follower when
 * the asker says from what (follower.ts). Between that and the reading of the
 * state nothing is awaited: a list that takes several turns to find is vouched
 * for again when it is found.
 */
import type { Clock } from "../../shared/clock.ts";
import { AppError } from "../../shared/errors.ts";
import type {
  ListAnswer,
  ListRequest,
  LookupAnswer,
  LookupRequest,
  NamesAnswer,
  NamesRequest,
  Reader,
} from "../../shared/messages/messages.ts";
import type { Following } from "./follower_reads.ts";
import type { LeaderGuard } from "../leader/leader_guard.ts";
import { ListScan } from "../state/list_scan.ts";
import { listPage, lookUp, nameOf } from "./shown_products.ts";
import { LIST_ROWS, Searches, type ListRows } from "./searches.ts";
import type { CatalogState } from "../state/catalog_state.ts";

export interface ReadingOptions {
  state: CatalogState;
  leading: LeaderGuard;
  following: Following;
  listRows?: ListRows | undefined;
  clock: Clock;
}

/** How often a list is gone on with that lost, just before it was to leave, what it had found. */
const TRIES_MAX = 3;

export class Reading {
  readonly #state: CatalogState;
  readonly #leading: LeaderGuard;
  readonly #following: Following;
  readonly #searches: Searches;
  readonly #atOnce: number;
  #answered = 0;

  constructor(options: ReadingOptions) {
    const { state, leading, following, listRows = LIST_ROWS, clock } = options;
    this.#state = state;
    this.#leading = leading;
    this.#following = following;
    this.#searches = new Searches(clock, listRows);
    this.#atOnce = listRows.atOnce;
  }

  /** Look-ups and lists since the start. */
  get answered(): number {
    return this.#answered;
  }

  /** @throws not_leader, recovering */
  async lookUp({ names, ...asker }: LookupRequest): Promise<LookupAnswer> {
    const leadership = await this.#vouched(asker);
    const results = names.map((name) => lookUp(this.#state, name));
    this.#answered += names.length;
    return { leadership, index: this.#state.visibleIndex, results };
  }

  /** @throws not_leader, recovering */
  async list({ lists, ...asker }: ListRequest): Promise<ListAnswer> {
    let leadership = await this.#vouched(asker);
    const scans = lists.map((query) => new ListScan(this.#state, query));
    try {
      for (const scan of scans) scan.step(this.#atOnce);
      const refused = new Set<ListScan>();
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const left = scans.filter((scan) => !scan.isComplete && !refused.has(scan));
        if (left.length === 0) break;
        await Promise.all(left.map((scan) => this.#searches.complete(scan) ?? refused.add(scan)));
        leadership = await this.#vouched(asker);
      }
      this.#answered += lists.length;
      const results = scans.map((scan) => scan.isComplete ? listPage(this.#state, scan) : null);
      return { leadership, index: this.#state.visibleIndex, results };
    } finally {
      for (const scan of scans) scan.close();
    }
  }

  /** Only the leader: what has no name may get one. @throws not_leader */
  async name({ ids, frontend, lease }: NamesRequest): Promise<NamesAnswer> {
    await this.#leading.vouched(frontend, lease);
    return { results: ids.map((id) => nameOf(this.#state, id)) };
  }

  /** The leadership that vouches for the visible state; null: it need not. */
  async #vouched({ frontend, lease, reads }: Reader): Promise<string | null> {
    const { host, leadership } = this.#leading;
    if (reads === undefined || leadership !== null) {
      return (await this.#leading.vouched(frontend, lease)).id;
    }
    if (host.health(null).state === "recovering") {
      throw new AppError("recovering", "This replica has lost rows and fetches them");
    }
    this.#following.answer(reads);
    return null;
  }
}
