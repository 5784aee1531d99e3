/**
 * A catalog for tests of the order leader: it decides sales in one order, can
 * hold answers back, lose them after it has decided, restart, or be fenced by
 * somebody else; and a log of one replica that commits when it is told to.
 */
import { AppError, type Reason } from "../../shared/errors.ts";
import { TERM_JUMP_MAX } from "../../shared/limits.ts";
import type { Peer } from "../../shared/cluster/peer.ts";
import { formatRow, payloadOf } from "../../shared/replication/storage/row_format.ts";
import type { Row } from "../../shared/replication/core/messages.ts";
import type { ReplicaHost } from "../../shared/replication/replica_host.ts";
import type { ReplicatedService } from "../../shared/replication/replicated_service.ts";
import type {
  FenceAnswer,
  FenceRequest,
  Sale,
  SaleResult,
  SalesRequest,
} from "../../shared/messages/messages.ts";

export class FakeCatalog {
  stock = new Map<string, number>([["Tux", 100]]);
  sales: Sale[] = [];
  settled = 0;
  fence = { term: 0, leader: 0 };
  requests: string[] = [];
  /** Answers of so many coming requests are lost after they were decided. */
  loseAnswers = 0;
  isFull = false;
  /** It refuses at once what it is asked, as one that leads no more, or is none of ours. */
  refuses: Reason | null = null;
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve();
  lostAtMs: number | null = null;
  #session = 0;
  #decided = new Map<number, SaleResult[]>();

  readonly peer = {
    post: (path: string, body: string) => this.#post(path, body),
  } as unknown as Peer;

  get leader() {
    return this.lostAtMs === null ? { id: 1, term: 1, peer: this.peer } : null;
  }

  wait() {
    return Promise.resolve({ id: 1, term: 1, peer: this.peer });
  }

  suspect(): void {}

  restart(): void {
    this.#session = 0;
    this.#decided.clear();
  }

  async #post(path: string, text: string): Promise<object> {
    this.requests.push(path);
    if (this.refuses !== null) throw new AppError(this.refuses, "Not here");
    const body = JSON.parse(text) as FenceRequest & SalesRequest;
    const answer = path === "/fence" ? this.#fence(body) : this.#sell(body);
    await this.gate;
    if (this.loseAnswers-- > 0) throw new AppError("unknown", "The answer was lost");
    return answer;
  }

  #fence({ term, leader }: FenceRequest): FenceAnswer {
    const { fence } = this;
    const isOutranked = term < fence.term || (term === fence.term && leader !== fence.leader);
    if (isOutranked) throw new AppError("fenced", "A newer leader sells", fence);
    if (term > fence.term + TERM_JUMP_MAX) {
      throw new AppError("conflict", "Too far above the fence", { term: fence.term });
    }
    this.fence = { term, leader };
    this.#session++;
    this.#decided.clear();
    const sales = this.sales.filter(({ sale }) => sale > this.settled);
    return {
      session: `s${this.#session}`,
      settled: this.settled,
      next: this.sales.length + 1,
      sales,
    };
  }

  #sell({ session, batch, settled, sales, term, leader }: SalesRequest): {
    results: SaleResult[];
  } {
    if (term < this.fence.term || leader !== this.fence.leader) {
      throw new AppError("fenced", "A newer leader sells", this.fence);
    }
    if (session !== `s${this.#session}`) throw new AppError("session", "Unknown session");
    this.settled = Math.max(this.settled, settled);
    let results = this.#decided.get(batch);
    if (results === undefined) {
      results = sales.map((purchase) => {
        const known = this.sales.find(
          ({ key, sale }) => key === purchase.key && sale > this.settled,
        );
        if (known !== undefined) return { code: "sold", sale: known.sale };
        if (this.isFull) return { code: "unavailable", message: "No room" };
        const left = this.stock.get(purchase.name);
        if (left === undefined) return { code: "not_found" };
        if (left < purchase.quantity) return { code: "out_of_stock", left };
        this.stock.set(purchase.name, left - purchase.quantity);
        this.sales.push({ sale: this.sales.length + 1, ...purchase });
        return { code: "sold", sale: this.sales.length };
      });
      this.#decided.set(batch, results);
    }
    return { results };
  }
}

/** The log of a leader, as far as the order service sees it. */
export class FakeHost {
  rows: Row[] = [];
  term = 0;
  leader: number | null = null;
  leading = false;
  commitIndex = 0;
  resigned: number[] = [];
  confirms = 0;
  isFull = false;
  commitsAtOnce = true;
  #service: ReplicatedService;

  constructor(service: ReplicatedService) {
    this.#service = service;
  }

  get host(): ReplicaHost {
    return this as unknown as ReplicaHost;
  }

  lead(term: number): void {
    this.term = term;
    this.leading = true;
    this.propose([this.#service.openingPayload()]);
    this.commit(this.rows.length);
    this.#service.onLead(term);
  }

  stepDown(): void {
    this.leading = false;
    this.#service.onStepDown();
  }

  resign(term: number): void {
    this.resigned.push(term);
    this.stepDown();
  }

  propose(payloads: string[]): number {
    for (const payload of payloads) {
      const row = formatRow(
        this.rows.length + 1,
        this.term,
        payload,
        this.rows.at(-1)?.checksum ?? 0,
      );
      this.rows.push(row);
      this.#service.onRow(row.index, row.term, payload);
    }
    const last = this.rows.length;
    if (this.commitsAtOnce) setImmediate(() => this.leading && this.commit(last));
    return last;
  }

  commit(index: number): void {
    if (index <= this.commitIndex) return;
    this.commitIndex = index;
    this.#service.onCommit(index);
  }

  async confirm(): Promise<void> {
    this.confirms++;
    if (!this.leading) throw new AppError("not_leader", "It does not lead");
  }

  read(index: number): string {
    return payloadOf(this.rows[index - 1]!.text);
  }
}
