/** Orders as the log holds them, found by number or by key and read from its rows. */
import { strict as assert } from "node:assert";
import type { ReplicaHost } from "../shared/replication/replica_host.ts";
import type { Order } from "../shared/messages/messages.ts";
import type { OrderIndex } from "./order_index.ts";
import { isOpening, parseOrder, type OrderRow } from "./order_row.ts";

type Host = Pick<ReplicaHost, "commitIndex" | "confirm" | "read">;

export class OrderReader {
  readonly #index: OrderIndex;
  readonly #host: Host;

  constructor(index: OrderIndex, host: Host) {
    this.#index = index;
    this.#host = host;
  }

  /** Null: no such order, confirmed by a majority asked after this call. @throws not_leader */
  async find(numbers: number[]): Promise<(Order | null)[]> {
    const found = numbers.map((number) => this.findCommitted(number));
    if (!found.includes(null)) return found;
    // A commit of before the question may be unknown here only if another leads.
    await this.#host.confirm();
    return numbers.map((number, i) => found[i] ?? this.findCommitted(number));
  }

  /** Null: not in this log, or not known to be committed. */
  findCommitted(number: number): Order | null {
    if (number > this.#index.count) return null;
    const index = this.#index.indexOf(number);
    if (index > this.#host.commitIndex) return null;
    const { name, type, quantity } = this.#read(index);
    return { number, name, type, quantity };
  }

  /** The order of this log that has the key, committed or not. */
  findByKey(key: string): OrderRow | null {
    for (const number of this.#index.candidates(key)) {
      const order = this.#read(this.#index.indexOf(number));
      if (order.key === key) return order;
    }
    return null;
  }

  #read(index: number): OrderRow {
    const payload = this.#host.read(index);
    assert(!isOpening(payload), `row ${index} is an order`);
    return parseOrder(payload);
  }
}
