/**
 * The catalog's owner: the rows of the replicated log on one side, the calls
 * of order leaders and front-ends on the other, the state between them. A
 * follower applies rows and answers look-ups only, from what front-ends say is
 * visible (follower.ts); the leader answers once no cache is left from before
 * it led (leases.ts).
 */
import type { Clock } from "../shared/clock.ts";
import { AppError } from "../shared/errors.ts";
import type { Log } from "../shared/logging.ts";
import type { ReplicatedService } from "../shared/replication/replicated_service.ts";
import { isTerm } from "../shared/terms.ts";
import type { ReplicaHealth } from "../shared/messages/messages.ts";
import { AdminChanges } from "./calls/admin_changes.ts";
import { readCheckpoint, type Checkpoint } from "./state/state_checkpoint.ts";
import {
  parseAdmin,
  parseFence,
  parseHealth,
  parseLease,
  parseLists,
  parseLookups,
  parseNames,
  parseSales,
} from "./calls/requests.ts";
import { Following } from "./calls/follower_reads.ts";
import { LeaseGrants } from "./calls/lease_grants.ts";
import { LeaderGuard, type CatalogHost, type LeaderGuardOptions } from "./leader/leader_guard.ts";
import { Reading } from "./calls/lookups.ts";
import { Restock } from "./leader/restock.ts";
import { checkInitial, checkRows } from "./state/row_check.ts";
import { COLUMNS, openPayload, readRow, type Row } from "./state/rows.ts";
import type { ListRows } from "./calls/searches.ts";
import { Selling } from "./calls/sales.ts";
import type { CatalogState } from "./state/catalog_state.ts";

export interface CatalogOptions extends LeaderGuardOptions {
  /** 0: what is out of stock stays so. */
  restockMs: number;
  restockTo: number;
  /** Ids of all order replicas. */
  orders: readonly number[];
  /** Missing: as shared/limits.ts says. */
  listRows?: ListRows | undefined;
  log: Log;
}

export class Catalog implements ReplicatedService {
  readonly columns = COLUMNS;
  readonly #state: CatalogState;
  readonly #leading: LeaderGuard;
  readonly #following: Following;
  readonly #reading: Reading;
  readonly #selling: Selling;
  readonly #administration: AdminChanges;
  readonly #granting: LeaseGrants;
  readonly #restock: Restock;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Rows of another replica as they were read at the door: they enter the log next. */
  #checked: { after: number; payloads: readonly string[]; rows: readonly Row[] } | null = null;
  #snapshot: { text: string; checkpoint: Checkpoint } | null = null;

  constructor(options: CatalogOptions) {
    const { state, restockMs, restockTo, orders, listRows, clock, log } = options;
    this.#log = log;
    const leading = new LeaderGuard(options);
    this.#state = state;
    this.#leading = leading;
    this.#following = new Following(state);
    this.#reading = new Reading({
      state, leading, following: this.#following, listRows, clock,
    });
    this.#clock = clock;
    this.#selling = new Selling({ state, leading, orders, clock });
    this.#administration = new AdminChanges({ state, leading, clock });
    this.#granting = new LeaseGrants({ state, leading, clock });
    this.#restock = new Restock({
      state,
      everyMs: restockMs,
      to: restockTo,
      isFull: () => leading.host.isFull,
      propose: (rows, payloads) => leading.propose(rows, payloads),
      clock,
    });
  }

  /** The replica that this service was given to, before the first call. */
  attach(host: CatalogHost): void {
    this.#leading.attach(host);
  }

  /** Whoever waits is told that it will not hear from this process. */
  close(): void {
    this.onStepDown();
  }

  // The replicated log -------------------------------------------------------

  openingPayload(): string {
    return openPayload(this.#state.initial, this.#clock.timestamp());
  }

  checkRows(after: number, payloads: readonly string[]): void {
    const rows = payloads.map(readRow);
    checkRows(this.#state, after, rows);
    this.#checked = { after, payloads, rows };
  }

  /** @throws conflict when this replica was born with other products than the log's */
  onRow(index: number, _term: number, payload: string): void {
    const row =
      this.#leading.takeProposed() ?? this.#takeChecked(index, payload) ?? readRow(payload);
    if (row.kind === "open") checkInitial(this.#state, index, row.initial);
    if (row.kind === "fence" && !isTerm(row.term)) {
      this.#log.warn("a fence with a term out of bounds counts as none", { row: index });
    }
    this.#state.apply(index, row);
  }

  onCut(after: number): void {
    this.#state.cut(after);
  }

  onCommit(index: number): void {
    const { leadership } = this.#leading;
    this.#following.commit(index);
    if (leadership !== null) leadership.visibility.commit(index);
    else this.#following.advance();
  }

  onLead(term: number): void {
    this.#following.lead();
    const leadership = this.#leading.begin(term);
    const startRestock = () => {
      if (this.#leading.leadership === leadership) this.#restock.start();
    };
    leadership.opened.then(startRestock, () => {});
  }

  onStepDown(): void {
    const { leadership } = this.#leading;
    if (leadership !== null) this.#following.see(leadership.visibleIndex);
    this.#restock.close();
    this.#leading.end();
  }

  snapshot(): string {
    return this.#state.snapshot();
  }

  checkSnapshot(text: string, index: number): void {
    this.#snapshot = { text, checkpoint: readSnapshot(text, index) };
  }

  restore(text: string, index: number): void {
    const checked = this.#snapshot?.text === text ? this.#snapshot.checkpoint : null;
    this.#snapshot = null;
    this.#checked = null;
    this.#state.restore(checked ?? readSnapshot(text, index));
  }

  /** It has been read already. */
  #takeChecked(index: number, payload: string): Row | null {
    if (this.#checked === null) return null;
    const { after, payloads, rows } = this.#checked;
    const at = index - after - 1;
    const row = payloads[at] === payload ? rows[at]! : null;
    if (row === null || at === rows.length - 1) this.#checked = null;
    return row;
  }

  // The calls ----------------------------------------------------------------

  /** @throws AppError as each call says */
  async handle(kind: string, body: unknown): Promise<object> {
    switch (kind) {
      case "POST /sales":
        return this.#selling.sell(parseSales(body));
      case "POST /fence":
        return this.#selling.fence(parseFence(body));
      case "POST /lookups":
        return this.#reading.lookUp(parseLookups(body));
      case "POST /lists":
        return this.#reading.list(parseLists(body));
      case "POST /names":
        return this.#reading.name(parseNames(body));
      case "POST /admin":
        return this.#administration.change(parseAdmin(body));
      case "POST /lease":
        return this.#granting.lease(parseLease(body));
      case "GET /health":
        return this.#health(parseHealth(body));
      default:
        return this.#leading.host.handle(kind, body);
    }
  }

  #health(at: number | null): ReplicaHealth {
    const { products, ledger, visibleIndex } = this.#state;
    const { host, leadership } = this.#leading;
    return {
      ...host.health(at),
      details: {
        products: products.size,
        sales: ledger.next - 1,
        unsettled: ledger.unsettled,
        visible: visibleIndex,
        lookups: this.#reading.answered,
        leases: leadership?.leases.live(this.#clock.monotonicMs()).length ?? 0,
        open: leadership?.isOpen ?? false,
      },
    };
  }
}

/** @throws bad_request */
function readSnapshot(text: string, index: number): Checkpoint {
  const checkpoint = readCheckpoint(text);
  if (checkpoint.index === index) return checkpoint;
  throw new AppError("bad_request", `A checkpoint of row ${checkpoint.index} passes for ${index}`);
}
