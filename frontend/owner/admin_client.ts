/**
 * The admin's changes on their way to the catalog's leader, one after the
 * other, each asked once: a repeat would be another change. What still waits
 * at its deadline is never sent; what was sent by then is unknown.
 */
import type { AdminAnswer, AdminChange, AdminRequest } from "../../shared/messages/admin.ts";
import { Batcher } from "../../shared/cluster/batcher.ts";
import type { Clock } from "../../shared/clock.ts";
import { AppError, hasReason } from "../../shared/errors.ts";
import { ADMIN_TIMEOUT_MS, QUEUE_ITEMS_MAX } from "../../shared/limits.ts";
import type { AdminAsk } from "../owner_messages.ts";
import { LeaderClient, isRetryable, type Finder } from "./leader_client.ts";
import { readAdmin } from "./results.ts";

/** They arrive in the order of their numbers, as the catalog takes them (sequence_guard.ts). */
const ONE_BY_ONE = { inFlightMax: 1, itemsMax: 1, queueMax: QUEUE_ITEMS_MAX };

export interface AdminClientOptions {
  /** This front-end's start id. */
  sender: string;
  finder: Finder;
  clock: Clock;
}

interface Waiting {
  readonly change: AdminChange;
  isSent: boolean;
  isOver: boolean;
}

export class AdminClient {
  readonly #sender: string;
  readonly #clock: Clock;
  readonly #group: LeaderClient;
  readonly #changes: Batcher<Waiting, AdminAnswer>;
  #lastBatch = 0;

  constructor({ sender, finder, clock }: AdminClientOptions) {
    this.#sender = sender;
    this.#clock = clock;
    this.#group = new LeaderClient(finder, clock);
    this.#changes = new Batcher({ send: ([one]) => this.#send(one!), ...ONE_BY_ONE });
  }

  /**
   * @returns within so long, ADMIN_DEADLINE_MS at most
   * @throws not_found, precondition_failed, conflict, unavailable: nothing was changed; unknown
   */
  change({ change, withinMs }: AdminAsk): Promise<AdminAnswer> {
    const waiting: Waiting = { change, isSent: false, isOver: false };
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.after(withinMs, () => {
        waiting.isOver = true;
        reject(waiting.isSent ? notKnown() : notChanged());
      });
      this.#changes.add(waiting).finally(callOff).then(resolve, (error) => reject(told(error)));
    });
  }

  async #send(waiting: Waiting): Promise<AdminAnswer[]> {
    if (waiting.isOver) throw notChanged();
    const { term } = this.#group.leader();
    waiting.isSent = true;
    const arrival = { term, sender: this.#sender, batch: ++this.#lastBatch };
    const body: AdminRequest = { ...arrival, ...waiting.change };
    const answer = await this.#group.post("/admin", {
      body,
      timeoutMs: ADMIN_TIMEOUT_MS,
      read: (said) => readAdmin(said, waiting.change.name),
    });
    return [answer];
  }
}

/** In words for the admin. */
function told(error: unknown): unknown {
  if (!isRetryable(error)) return error;
  return hasReason(error, "unknown") ? notKnown() : notChanged();
}

function notKnown(): AppError {
  return new AppError("unknown", "It is not known whether this was changed: look first");
}

function notChanged(): AppError {
  return new AppError("unavailable", "Nothing was changed: no catalog took it");
}
