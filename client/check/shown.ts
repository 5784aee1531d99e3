/**
 * What front-ends showed, held against the rows of the catalog's log that
 * made it so: an answer names the row by its version, so that it can be
 * judged however many rows came after it.
 */
import type { CatalogState, ProductState } from "./replay.ts";
import type { Verdict } from "./verdict.ts";

/** A product as a front-end showed it. */
export interface Shown {
  name: string;
  quantity: number;
  /** Index of the catalog's row that changed it last, 0 for as it was born. */
  version: number;
  /** `frontend 2` */
  by: string;
}

export interface ShownOptions {
  shown: readonly Shown[];
  /** The state before the first row that is replayed. */
  begun: CatalogState;
  verdict: Verdict;
}

/** @returns what wants to hear of each row that changed a product; undefined: nothing does */
export function holdShown({ shown, begun, verdict }: ShownOptions) {
  if (shown.length === 0) return undefined;
  verdict.show("shown", `${shown.length} look-ups`);
  const byVersion = new Map<number, Shown[]>();
  for (const one of shown) {
    byVersion.set(one.version, [...(byVersion.get(one.version) ?? []), one]);
  }
  const hold = (name: string, { version, quantity }: ProductState) => {
    for (const one of byVersion.get(version) ?? []) {
      // No row made what a store was born with, nor what a checkpoint began with.
      if (version <= begun.index && one.name !== name) continue;
      if (one.name === name && one.quantity === quantity) continue;
      const what = `${one.by} shows ${one.quantity} ${one.name} as of row ${version}`;
      verdict.fail("shown", `${what}, and that row left ${quantity} ${name}`);
    }
  };
  for (const [name, product] of begun.products) hold(name, product);
  return (_index: number, name: string, product: ProductState) => hold(name, product);
}
