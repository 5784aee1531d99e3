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
import assert from "node:assert/strict";
import { isTerm } from "../shared/terms.ts";
import type { Sale } from "../shared/wire.ts";
import { NO_FENCE, type Fence } from "./ledger.ts";
import { assertBalance, NO_TRAITS, PLAIN_LIFE, tradedOf } from "./products.ts";
import type { Life, ProductRecord } from "./products.ts";

const FORMAT = 2;

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

/** Reads what writeCheckpoint wrote: its bytes are checked before they come here. */
export function readCheckpoint(text: string): Checkpoint {
  const lines = text.split("\n");
  assert.equal(lines.pop(), "", "a checkpoint ends with a line break");
  const head = JSON.parse(lines[0]!);
  assert.equal(head.format, FORMAT, "a checkpoint of a format that this version reads");
  assert.equal(lines.length, 1 + head.products + head.sales, "a checkpoint is whole");
  return {
    index: head.index,
    initial: head.initial,
    // As a row of the log: see state.ts.
    fence: isTerm(head.fence[0]) ? { term: head.fence[0], leader: head.fence[1] } : NO_FENCE,
    settled: head.settled,
    products: lines.slice(1, 1 + head.products).map(readProduct),
    sales: lines.slice(1 + head.products).map(readSale),
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

function readProduct(line: string): ProductRecord {
  const [name, price, quantity, version, initial, restocked, soldBack, added, bought, other] =
    JSON.parse(line);
  const life = other === undefined ? PLAIN_LIFE : readLife(other);
  const product: ProductRecord = {
    ...{ name, price, quantity, version, life },
    ...{ initial, restocked, soldBack, added, bought },
    visiblePrice: price,
    visibleLife: life,
    visibleQuantity: quantity,
    visibleTraded: 0,
    visibleVersion: version,
    lowerName: undefined,
  };
  product.visibleTraded = tradedOf(product);
  assertBalance(product);
  return product;
}

function readLife({ isHere, traits, tradedBefore }: Life): Life {
  const isWithout = Object.keys(traits).length === 0;
  return { isHere, traits: isWithout ? NO_TRAITS : traits, tradedBefore };
}

function readSale(line: string): Sale {
  const [sale, key, name, type, quantity] = JSON.parse(line);
  return { sale, key, name, type, quantity };
}
