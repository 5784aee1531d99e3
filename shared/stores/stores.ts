/**
 * The stores that can be started, by name: each file beside this one is one,
 * and exports its table under the store's name.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { basename, extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Store } from "./store.ts";

const FOLDER = new URL(".", import.meta.url);
/** `.ts`, or what it was compiled to. */
const EXTENSION = extname(import.meta.url);
const NO_STORES = ["store", "stores"];

export const STORES: ReadonlyMap<string, Store> = await readStores();

async function readStores(): Promise<Map<string, Store>> {
  const names = readdirSync(fileURLToPath(FOLDER))
    .filter((file) => extname(file) === EXTENSION)
    .map((file) => basename(file, EXTENSION))
    .filter((name) => !NO_STORES.includes(name))
    .sort();
  const stores = new Map<string, Store>();
  for (const name of names) {
    const module = await import(new URL(`${name}${EXTENSION}`, FOLDER).href);
    const store: Store | undefined = module[name];
    assert.equal(store?.name, name, `shared/stores/${name}${EXTENSION} exports the store ${name}`);
    stores.set(name, store);
  }
  return stores;
}
