/**
 * What a run's store sells, as its crowd knows it, and the files that the
 * catalogs are born with: of what many want there is little at first, and of
 * a stock only so much may be traded, so that both ends are met.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { memberFolder } from "../../client/launcher/layout.ts";
import { quoteField, splitRow } from "../../shared/csv.ts";
import { STORES } from "../../shared/stores/stores.ts";
import type { Store } from "../../shared/stores/store.ts";

/** A product, and by what else than its name it is asked for; null: by nothing. */
export interface Ware {
  name: string;
  id: number | null;
  topic: string | null;
}

/** So many of the first by name are in demand: half of all purchases are of these. */
export const HOT_PRODUCTS = 3;
const HOT_QUANTITY = 30;
/** The first may be traded until soon, the others for as long as a run lasts. */
const HOT_VOLUMES = [300, 1_500];

const DATA = new URL("../../catalog/data/", import.meta.url);

export function storeOf(name: string): Store {
  const store = STORES.get(name);
  if (store === undefined) throw new Error(`There is no store ${name}`);
  return store;
}

/** Before a store is started: where nothing is restocked, little of what is in demand. */
export function prepareWares(dataDir: string, store: Store, catalogs: number): void {
  if (store.restocks) return;
  const [header, ...lines] = readFileSync(new URL(`${store.name}.csv`, DATA), "utf8")
    .trim().split("\n");
  const at = (column: (typeof store.columns)[number]) => store.columns.indexOf(column);
  const rows = lines.map(splitRow);
  const hot = rows.map((row) => row[at("name")]!).sort().slice(0, HOT_PRODUCTS);
  const text = [header, ...rows.map((row) => {
    const rank = hot.indexOf(row[at("name")]!);
    if (rank >= 0) row[at("quantity")] = String(HOT_QUANTITY);
    const bound = HOT_VOLUMES[rank];
    if (at("max_volume") >= 0 && bound !== undefined) row[at("max_volume")] = String(bound);
    return row.map(quoteField).join(",");
  }), ""].join("\n");
  for (let id = 1; id <= catalogs; id++) {
    const folder = memberFolder(dataDir, { kind: "catalog", id });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "initial.csv"), text);
  }
}
