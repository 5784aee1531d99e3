/** An order leader for tests, between a log that commits by hand and a catalog that is played. */
import { strict as assert } from "node:assert";
import type { TestContext } from "node:test";
import { OrderIndex } from "../../order/order_index.ts";
import { Orders } from "../../order/orders.ts";
import { SalesClient } from "../../order/sales_client.ts";
import { monotonicMs } from "../../shared/clock.ts";
import { createLog } from "../../shared/logging.ts";
import type { Purchase } from "../../shared/messages/messages.ts";
import { HandClock } from "../support/hand_clock.ts";
import { FakeCatalog, FakeHost } from "./fake_catalog.ts";

export function startLeader(t: TestContext, catalog = new FakeCatalog(), before?: FakeHost) {
  const faults: unknown[] = [];
  const clock = new HandClock();
  const orders = new Orders({
    index: new OrderIndex(3),
    catalogLostAtMs: () => catalog.lostAtMs,
    clock,
  });
  const host = new FakeHost(orders);
  const log = createLog({ member: "order-3", level: "error", write: () => {} });
  const seller = new SalesClient({
    id: 3,
    catalog,
    isFull: () => host.isFull,
    clock,
    log,
    events: orders,
  });
  orders.start({ host: host.host, seller, fail: (error) => faults.push(error) });
  for (const row of before?.rows ?? []) {
    host.rows.push(row);
    orders.onRow(row.index, row.term, host.read(row.index));
  }
  host.commit(before?.commitIndex ?? 0);
  host.lead((before?.term ?? 0) + 1);
  t.after(() => {
    host.stepDown();
    assert.deepEqual(faults, []);
  });
  return { orders, seller, host, catalog, clock };
}

export function buy(key: string, quantity = 1, name = "Tux"): Purchase {
  return { key, name, type: "buy", quantity };
}

export function gate(): { closed: Promise<void>; open: () => void } {
  let open = () => {};
  const closed = new Promise<void>((resolve) => (open = resolve));
  return { closed, open };
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = monotonicMs() + 2000;
  while (!condition()) {
    assert(monotonicMs() < deadline, "the condition came true in time");
    await new Promise(setImmediate);
  }
}
