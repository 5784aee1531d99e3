/** What buyers were told against what the store holds in the end. */
import assert from "node:assert/strict";
import type { TestStore } from "./harness.ts";
import type { Purchased } from "./shopper.ts";

/**
 * All logs are equal, the books balance, and every order that a buyer was told of is in the
 * log, once and with exactly its values.
 */
export async function checkAllKept(
  store: TestStore,
  ...crowds: { bought: Pick<Purchased, "number" | "name" | "key">[] }[]
): Promise<void> {
  await store.checkLogsEqual(10_000);
  await store.checkBooksBalance();
  const rows = new Map(store.rows(await store.leader()).map((row) => [row.number, row]));
  for (const { number, name, key } of crowds.flatMap(({ bought }) => bought)) {
    const row = rows.get(String(number));
    assert.deepEqual([row?.name, row?.quantity, row?.key], [name, "1", key], `order ${number}`);
  }
}
