/**
 * What the catalog answers to a fence and to sales, read at this door: an answer that cannot be
 * right counts as none, so it is `unknown`, and the catalog is asked again.
 */
import { AppError } from "../shared/errors.ts";
import type { FenceAnswer, SalesAnswer } from "../shared/messages/messages.ts";

const CODES: ReadonlySet<unknown> = new Set([
  "sold", "not_found", "out_of_stock", "over_volume", "unavailable",
]);

/** @param isKnown this sale has a row already, so it is none of these. @throws unknown */
export function readSales(
  answer: SalesAnswer,
  count: number,
  isKnown: (sale: number) => boolean,
): SalesAnswer {
  const results: unknown = answer?.results;
  if (!Array.isArray(results) || results.length !== count) throw wrong();
  const sales = new Set<number>();
  for (const result of results) {
    if (!CODES.has(result?.code)) throw wrong();
    if (result.code !== "sold") continue;
    const { sale } = result;
    if (!isNumber(sale, 1) || sales.has(sale) || isKnown(sale)) throw wrong();
    sales.add(sale);
  }
  return answer;
}

/** @throws unknown */
export function readFence(answer: FenceAnswer): FenceAnswer {
  const { session, settled, next, sales } = answer ?? {};
  const isWhole = typeof session === "string" && Array.isArray(sales);
  if (!isWhole || !isNumber(settled, 0) || !isNumber(next, 1)) throw wrong();
  if (sales.length !== next - 1 - settled) throw wrong();
  const keys = new Set<string>();
  for (let at = 0; at < sales.length; at++) {
    const sale = sales[at];
    const isSale = sale?.sale === settled + 1 + at && typeof sale.key === "string" &&
      typeof sale.name === "string" && (sale.type === "buy" || sale.type === "sell") &&
      isNumber(sale.quantity, 1);
    if (!isSale || keys.has(sale.key)) throw wrong();
    keys.add(sale.key);
  }
  return answer;
}

function isNumber(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

export function wrong(): AppError {
  return new AppError("unknown", "The catalog's answer cannot be right");
}
