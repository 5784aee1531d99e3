/**
 * Products in their order by name, and those with an id by that too, so that a
 * list goes on behind any name or id after a binary search: also when others
 * have come or gone since it was there.
 */
import assert from "node:assert/strict";
import type { ProductRecord } from "./products.ts";

export type Key = string | number;

export class Shelf {
  /** In code unit order. */
  readonly byName: ProductRecord[] = [];
  readonly byId: ProductRecord[] = [];

  /** Of a shelf that is empty. */
  fill(records: readonly ProductRecord[]): void {
    for (const record of records) this.byName.push(record);
    this.byName.sort((one, other) => compare(one.name, other.name));
    for (const record of this.byName) if (hasId(record)) this.byId.push(record);
    this.byId.sort((one, other) => idOf(one) - idOf(other));
  }

  /** Nothing happens if it is here. */
  add(record: ProductRecord): void {
    put(this.byName, record, nameOf);
    if (hasId(record)) put(this.byId, record, idOf);
  }

  drop(record: ProductRecord): void {
    take(this.byName, record, nameOf);
    if (hasId(record)) take(this.byId, record, idOf);
  }
}

export function idOf({ life }: ProductRecord): number {
  assert(life.traits.id !== undefined, "who is found by an id has one");
  return life.traits.id;
}

export function nameOf({ name }: ProductRecord): string {
  return name;
}

/** Index of the first of these records that comes behind the key. */
export function firstBehind(
  records: readonly ProductRecord[],
  key: Key,
  keyOf: (record: ProductRecord) => Key,
): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(records[middle]!) > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Into its place; nothing happens if it is there. */
export function put(
  records: ProductRecord[],
  record: ProductRecord,
  keyOf: (record: ProductRecord) => Key,
): void {
  const index = firstBehind(records, keyOf(record), keyOf);
  if (records[index - 1] !== record) records.splice(index, 0, record);
}

/** Nothing happens if it is not there. */
export function take(
  records: ProductRecord[],
  record: ProductRecord,
  keyOf: (record: ProductRecord) => Key,
): void {
  const index = firstBehind(records, keyOf(record), keyOf) - 1;
  if (records[index] === record) records.splice(index, 1);
}

function hasId({ life }: ProductRecord): boolean {
  return life.traits.id !== undefined;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
