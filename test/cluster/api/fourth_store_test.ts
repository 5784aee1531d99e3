/**
 * A store is one file of words and one of products: a fourth is put beside the
 * others in a copy of the sources, where nothing else is touched, and works.
 */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";
import type { startStore } from "../../../client/launcher/store.ts";
import { Shopper } from "../support/shopper.ts";

const COPIED = ["frontend", "catalog", "order", "client", "shared", "package.json"];
const TABLE = `import type { Store } from "./store.ts";

export const plants: Store = {
  name: "plants",
  example: "/grow/Fern",
  columns: ["name", "price", "quantity"],
  productFields: ["name", "quantity", "price"],
  orderTypes: ["buy", "sell"],
  orderNumberField: "pot",
  restocks: true,
  routes: [{ method: "GET", path: "/grow/:name", as: "product", operationId: "getPlant" }],
  adminRoutes: [],
};
`;

test("a fourth store is two files", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  let close = async (): Promise<void> => {};
  t.after(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const name of COPIED) {
    cpSync(join(PROJECT_FOLDER, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(PROJECT_FOLDER, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "shared/stores/plants.ts"), TABLE);
  writeFileSync(join(folder, "catalog/data/plants.csv"), "name,price,quantity\nFern,4.5,3\n");
  const launcher = pathToFileURL(join(folder, "client/launcher/store.ts")).href;
  const start: typeof startStore = (await import(launcher)).startStore;
  const store = await start({ dataDir: join(folder, "data"), store: "plants", orders: 1 });
  close = () => store.close();
  const shopper = new Shopper(store.url);
  const fern = '{"data":{"name":"Fern","quantity":3,"price":4.5}}';
  assert.equal(JSON.stringify((await shopper.ask("/grow/Fern")).body), fern);
  const { body } = await shopper.order({ name: "Fern", quantity: 2 });
  assert.deepEqual(body, { data: { pot: 1 } });
  const { data } = (await shopper.ask("/orders/1")).body as { data: object };
  assert.deepEqual(data, { number: 1, name: "Fern", type: "buy", quantity: 2 });
});
