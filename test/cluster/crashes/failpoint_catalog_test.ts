/**
 * The catalog or a front-end dies (SIGKILL) at each named step of a sale, with buyers in flight,
 * and is started again: what was sold has its order, and no front-end shows what was before it.
 * Rows 1 and 12 of the list of faults; what a step stands for is in shared/failpoint.ts.
 */
import { test } from "node:test";
import { arm, checkDiesAt, play, type Row, type Scene } from "../support/failpoints.ts";
import { catalog, frontend } from "../support/harness.ts";

const CATALOG: Row[] = [
  ["catalog.decided:exit", "sales are judged, none has a row"],
  ["log.flushed:exit:2", "a sale is on its disk"],
  ["catalog.visible:exit", "a sale is visible, nobody was told"],
];

async function catalogDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, catalog(1), failpoint);
  await crowd.checkShown();
  const buying = crowd.buy();
  await checkDiesAt(store, catalog(1), failpoint);
  await store.restart(catalog(1));
  await buying;
}

/** Of three: another takes over. */
const CATALOG_LEADER: Row[] = [
  ["log.written:exit:2", "a sale is in its file, not flushed"],
  ["log.committed:exit:3", "a sale is certain, all caches hold what was before"],
  ["catalog.invalidated:exit", "one cache was dropped, nothing is visible"],
  ["catalog.visible:exit", "a sale is visible, nobody was told"],
];

async function catalogLeaderDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, catalog(3), failpoint, { leads: true });
  await crowd.checkShown();
  const buying = crowd.buy();
  await checkDiesAt(store, catalog(3), failpoint);
  await buying;
  await crowd.checkShown();
  await store.restart(catalog(3));
}

const FRONTEND: Row[] = [
  ["frontend.taken:exit", "nothing was sent"],
  ["frontend.placed:exit", "the order is certain, its buyer was not told"],
];

async function frontendDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, frontend(2), failpoint);
  await crowd.buyAt(2, () => checkDiesAt(store, frontend(2), failpoint));
}

const HEARER: Row[] = [["frontend.invalidated:exit", "its caches are dropped, nobody knows"]];

async function hearerDies({ store, crowd }: Scene, failpoint: string): Promise<void> {
  await arm(store, frontend(2), failpoint);
  await crowd.checkShown();
  const buying = crowd.buy();
  await checkDiesAt(store, frontend(2), failpoint);
  await buying;
  await store.restart(frontend(2));
}

test("the catalog or a front-end dies at a step of a sale", { concurrency: true }, async (t) => {
  await Promise.all([
    t.test("a catalog alone, or a front-end", (one) => play(one, { orders: 1 }, [
      ["the catalog dies", CATALOG, catalogDies],
      ["a front-end dies", FRONTEND, frontendDies],
      ["a front-end that hears of a sale dies", HEARER, hearerDies],
    ])),
    t.test("one catalog of three", (one) => play(one, { catalogs: 3, orders: 1 }, [
      ["the leading catalog dies", CATALOG_LEADER, catalogLeaderDies],
    ])),
  ]);
});
