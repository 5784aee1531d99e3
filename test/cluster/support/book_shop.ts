/** A book store with an admin, two front-ends and three order replicas. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { startStore } from "./harness.ts";
import { Shopper } from "./shopper.ts";

const TOKEN = "the-token-of-the-admin";

/** What the admin sends with each request. */
export const ADMIN = { authorization: `Bearer ${TOKEN}` };

export async function startBookShop(t: TestContext) {
  const environment: Record<string, string> = {};
  const store = await startStore(t, {
    store: "books",
    frontends: 2,
    orders: 3,
    environment,
    prepare(dataDir) {
      environment.ADMIN_TOKEN_FILE = join(dataDir, "admin-token");
      writeFileSync(environment.ADMIN_TOKEN_FILE, `${TOKEN}\n`, { mode: 0o600 });
      return () => {};
    },
  });
  const fronts = store.running.urls.map((url) => new Shopper(url));
  t.after(() => fronts.forEach((front) => front.close()));
  const [one, other] = fronts as [Shopper, Shopper];
  return { store, one, other };
}
