/**
 * The decided state of the catalog as text: what the log up to one index
 * comes to, so that the rows need not be kept for ever. JSON lines, in an
 * order that the state alone gives, hence the same bytes on every replica:
 *
 *   {"format":2,"index":…,"initial":…,"fence":[term,leader],"settled":…,"products":15,"sales":2}
 *   [name,price,quantity,version,initial,restocked,soldBack,added,bought]    each product, by name;
 *                       unless it is here in its first life, without traits, its life comes last
 *   [sale,key,name,type,quantity]                                            each unsettled sale
 */
import { AppError } from "../../shared/errors.ts";
import { NAME_LENGTH_MAX } from "../../shared/limits.ts";
import { parseInternalKey } from "../../shared/messages/names.ts";
import { asArray, asIntegerIn, asPrice, asRecord, asText } from "../../shared/messages/parse.ts";
import { isTerm } from "../../shared/terms.ts";
import { readTraits, TRAITS } from "../../shared/messages/traits.ts";
import type { Sale } from "../../shared/messages/messages.ts";
import { NO_FENCE, type Fence } from "./sales_ledger.ts";
import { assertBalance, isBalanced, NO_TRAITS, PLAIN_LIFE, tradedOf } from "./products.ts";
import type { Life, ProductRecord } from "./products.ts";

const FORMAT = 2;
const HEAD = ["format", "index", "initial", "fence", "settled", "products", "sales"];
const COUNT_MAX = Number.MAX_SAFE_INTEGER;

export interface Checkpoint {
  /** The last row it counts. */
  index: number;
  /** Checksum of the products that this store was born with. */
  initial: string;
  fence: Fence;
  settled: number;
  /** By name. */
  products: readonly ProductRecord[];
  /** Those above `settled`, by number, without gaps. */
  sales: readonly Sale[];
}

export function writeCheckpoint(checkpoint: Checkpoint): string {
  const { index, initial, fence, settled, products, sales } = checkpoint;
  const head = {
    format: FORMAT,
    index,
    initial,
    fence: [fence.term, fence.leader],
    settled,
    products: products.length,
    sales: sales.length,
  };
  const lines = [JSON.stringify(head)];
  for (const product of products) lines.push(productLine(product));
  for (const { sale, key, name, type, quantity } of sales) {
    lines.push(JSON.stringify([sale, key, name, type, quantity]));
  }
  return `${lines.join("\n")}\n`;
}

/**
 * Reads what writeCheckpoint wrote.
 * @throws bad_request when it is none: a peer's that is wrong, or of a later version
 */
export function readCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw wrong("it does not end with a line break");
  const head = asRecord(readJson(lines[0]!), HEAD);
  if (head.format !== FORMAT) throw wrong("it is of a format that this version does not read");
  const [products, sales] = [asCount(head.products), asCount(head.sales)];
  if (lines.length !== 1 + products + sales) throw wrong("it is not whole");
  const index = asCount(head.index);
  const settled = asCount(head.settled);
  return {
    index,
    initial: asText(head.initial, "initial", 8),
    fence: readFence(head.fence),
    settled,
    products: readProducts(lines.slice(1, 1 + products), index),
    sales: readSales(lines.slice(1 + products), settled),
  };
}

function productLine(product: ProductRecord): string {
  assertBalance(product);
  const { name, price, quantity, version, initial, restocked, soldBack, added, bought } = product;
  const fields: unknown[] = [
    name, price, quantity, version, initial, restocked, soldBack, added, bought,
  ];
  const { isHere, traits, tradedBefore } = product.life;
  const isPlain = isHere && traits === NO_TRAITS && tradedBefore === 0;
  if (!isPlain) fields.push({ isHere, traits, tradedBefore });
  return JSON.stringify(fields);
}

function readFence(value: unknown): Fence {
  const [term, leader] = asArray(value, "fence", 2, (one) => asCount(one));
  if (leader === undefined) throw wrong("it has half a fence");
  // As a row of the log: see catalog_state.ts.
  return isTerm(term) ? { term, leader } : NO_FENCE;
}

/** By name, each once. */
function readProducts(lines: readonly string[], index: number): ProductRecord[] {
  const ids = new Set<number>();
  let before = "";
  return lines.map((line) => {
    const product = readProduct(line);
    const { name, version, life: { traits: { id } } } = product;
    if (name <= before || version > index) throw wrong(`product ${name} is out of place`);
    if (id !== undefined && ids.has(id)) throw wrong(`two products have id ${id}`);
    if (id !== undefined) ids.add(id);
    before = name;
    return product;
  });
}

function readProduct(line: string): ProductRecord {
  const fields = readList(line, 10);
  const [name, price, quantity, version, initial, restocked, soldBack, added, bought, other] =
    fields;
  const life = other === undefined ? PLAIN_LIFE : readLife(other);
  const decided = { price: asPrice(price), quantity: asCount(quantity), version: asCount(version) };
  const product: ProductRecord = {
    name: asName(name),
    ...decided,
    life,
    initial: asCount(initial),
    restocked: asCount(restocked),
    soldBack: asCount(soldBack),
    added: asIntegerIn(added, "added", -COUNT_MAX, COUNT_MAX),
    bought: asCount(bought),
    visiblePrice: decided.price,
    visibleLife: life,
    visibleQuantity: decided.quantity,
    visibleTraded: 0,
    visibleVersion: decided.version,
    lowerName: undefined,
  };
  product.visibleTraded = tradedOf(product);
  if (!isBalanced(product)) throw wrong(`the books of ${product.name} do not balance`);
  const isPossible = product.visibleTraded >= 0 && (life.isHere || product.quantity === 0);
  if (!isPossible) throw wrong(`the life of ${product.name} cannot be`);
  return product;
}

function readLife(value: unknown): Life {
  const { isHere, traits, tradedBefore } = asRecord(value, ["isHere", "traits", "tradedBefore"]);
  if (typeof isHere !== "boolean") throw wrong("a life is here or it is not");
  const read = readTraits(asRecord(traits, [], TRAITS));
  const isWithout = Object.keys(read).length === 0;
  return {
    isHere,
    traits: isWithout ? NO_TRAITS : read,
    tradedBefore: asCount(tradedBefore),
  };
}

/** Numbered behind what is settled, each under a key of its own. */
function readSales(lines: readonly string[], settled: number): Sale[] {
  const keys = new Set<string>();
  return lines.map((line, at) => {
    const [number, key, name, type, quantity] = readList(line, 5);
    const sale = settled + 1 + at;
    if (number !== sale) throw wrong(`sale ${sale} is out of place`);
    if (type !== "buy" && type !== "sell") throw wrong(`sale ${sale} is of an unknown type`);
    const known = parseInternalKey(key);
    if (keys.has(known)) throw wrong(`two sales under the key of sale ${sale}`);
    keys.add(known);
    return { sale, key: known, name: asName(name), type, quantity: asCount(quantity, 1) };
  });
}

function readList(line: string, lengthMax: number): unknown[] {
  return asArray(readJson(line), "a line", lengthMax, (value) => value);
}

function readJson(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? "");
  } catch {
    throw wrong("a line is no JSON");
  }
}

function asName(value: unknown): string {
  return asText(value, "name", 2 * NAME_LENGTH_MAX);
}

function asCount(value: unknown, min = 0): number {
  return asIntegerIn(value, "a count", min, COUNT_MAX);
}

function wrong(why: string): AppError {
  return new AppError("bad_request", `No checkpoint of the catalog: ${why}`);
}
