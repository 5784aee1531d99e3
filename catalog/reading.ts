/**
 * POST /lookups, /lists and /names. The leader answers from the visible state
 * when the asker's lease, or else a majority, vouches for it; a follower when
 * the asker says from what (following.ts). Between that and the reading of the
 * state nothing is awaited.
 */
import { AppError } from "../shared/errors.ts";
import type {
  ListAnswer,
  ListRequest,
  LookupAnswer,
  LookupRequest,
  NamesAnswer,
  NamesRequest,
  Reader,
} from "../shared/wire.ts";
import type { Following } from "./following.ts";
import type { Leading } from "./leading.ts";
import { listPage, lookUp, nameOf } from "./lookups.ts";
import type { CatalogState } from "./state.ts";

export interface ReadingOptions {
  state: CatalogState;
  leading: Leading;
  following: Following;
}

export class Reading {
  readonly #state: CatalogState;
  readonly #leading: Leading;
  readonly #following: Following;
  #answered = 0;

  constructor({ state, leading, following }: ReadingOptions) {
    this.#state = state;
    this.#leading = leading;
    this.#following = following;
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
    const leadership = await this.#vouched(asker);
    const results = lists.map((query) => listPage(this.#state, query));
    this.#answered += lists.length;
    return { leadership, index: this.#state.visibleIndex, results };
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
