/** Answers of the catalog that an order leader does not believe. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFence, readSales } from "../../order/catalog_answers.ts";
import type { FenceAnswer, SalesAnswer } from "../../shared/messages/messages.ts";
import { buy } from "./leader.ts";

test("an answer of the catalog that cannot be right counts as none", () => {
  const sold = (sale: unknown) => ({ code: "sold", sale });
  const wrong = [
    null, {}, { results: 1 }, { results: [] }, { results: [sold(1), sold(1)] },
    { results: [sold(-1), sold(2)] }, { results: [sold(7), sold(8)] },
    { results: [sold(1), { code: "given" }] }, { results: [sold(1), null] },
  ];
  for (const answer of wrong) {
    const read = () => readSales(answer as SalesAnswer, 2, (sale) => sale === 7);
    assert.throws(read, { reason: "unknown" });
  }
  const sale = { sale: 1, ...buy("a") };
  const good = { session: "s", settled: 0, next: 2, sales: [sale] };
  assert.deepEqual(readFence(good), good);
  const fences = [
    null, {}, { ...good, settled: 2 }, { ...good, next: 3 }, { ...good, session: 1 },
    { ...good, sales: [{ ...sale, sale: 2 }] }, { ...good, sales: [null] },
    { ...good, next: 3, sales: [sale, { ...sale, sale: 2 }] },
  ];
  for (const answer of fences) {
    assert.throws(() => readFence(answer as FenceAnswer), { reason: "unknown" });
  }
});
