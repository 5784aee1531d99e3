/**
 * Disks of a whole group that lost something. One damaged replica recovers from the others
 * (recovering_test.ts); where the good ones are no majority nobody guesses: the store takes no
 * order, keeps what it found, and goes on when an operator puts good files back.
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memberFolder, type MemberName } from "../../../client/launcher/layout.ts";
import { order, startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const REPLICAS = [order(1), order(2), order(3)];

function folderOf({ running }: TestStore, member: MemberName): string {
  return memberFolder(running.dataDir, member);
}

/** Flips a bit in the quantity of the nth order. */
function flip(store: TestStore, member: MemberName, nth: number): string {
  const path = join(folderOf(store, member), "log.csv");
  const lines = readFileSync(path, "latin1").split("\n");
  const at = lines.findIndex((line) => line.includes(`,test-${nth},`));
  lines[at] = lines[at]!.replace(",buy,1,", ",buy,3,");
  writeFileSync(path, lines.join("\n"), "latin1");
  return readFileSync(path, "latin1");
}

async function killOrders(store: TestStore): Promise<void> {
  for (const member of REPLICAS) await store.kill(member);
}

async function restartOrders(store: TestStore, members = REPLICAS): Promise<void> {
  await store.running.start(members);
}

const PLACES: [string, readonly [number, number, number]][] = [
  ["different rows", [2, 4, 6]],
  ["the same row", [4, 4, 4]],
];

for (const [what, rows] of PLACES) {
  test(`${what} of all three are damaged: no order is taken, nothing is dropped`, async (t) => {
    const store = await startStore(t);
    for (let nth = 0; nth < 8; nth++) await store.buy("Tux");
    await store.checkLogsEqual();
    await killOrders(store);
    const good = REPLICAS.map((member) => {
      const copy = `${folderOf(store, member)}.good`;
      cpSync(folderOf(store, member), copy, { recursive: true });
      return copy;
    });
    const damaged = REPLICAS.map((member, at) => flip(store, member, rows[at]!));
    await restartOrders(store);
    assert.equal((await store.tryToBuy("Tux", 1, "in-vain")).status, 503);
    for (const [at, member] of REPLICAS.entries()) {
      assert.equal((await store.health(member)).state, "recovering");
      const line = store.logged(member, "warn").find((text) => text.includes("damaged"));
      assert.match(line!, /log\.csv line \d+/, "an operator is told where");
      const kept = readFileSync(join(folderOf(store, member), "log.csv.damaged"), "latin1");
      assert.equal(kept, damaged[at], "as it was found");
    }

    // Two good disks are a majority again; the third recovers from them.
    await killOrders(store);
    for (const at of [0, 1]) {
      rmSync(folderOf(store, REPLICAS[at]!), { recursive: true });
      cpSync(good[at]!, folderOf(store, REPLICAS[at]!), { recursive: true });
    }
    await restartOrders(store);
    await store.untilReady();
    assert.equal((await store.buy("Fox")).number, 9, "no number is given twice");
    await store.checkLogsEqual(10_000);
    await store.checkBooksBalance();
  });
}

test("a replica that lost log and promises counts for nothing until it has both", async (t) => {
  const store = await startStore(t);
  await store.buy("Tux");
  await store.checkLogsEqual();
  await store.kill(order(1));
  const missed = await store.buy("Fox", 2);
  await store.checkOrderOn(missed, { replicas: 2 });
  await store.kill(order(2));
  await store.kill(order(3));
  for (const name of ["log.csv", "term.json"]) rmSync(join(folderOf(store, order(3)), name));
  // The one that missed an order and the one that lost it: no majority that has it.
  await restartOrders(store, [order(1), order(3)]);
  assert.equal((await store.tryToBuy("Uno", 1, "too-early")).status, 503);
  await store.restart(order(2));
  await store.untilReady();
  const { number, name, quantity } = missed;
  assert.deepEqual(await store.order(number), { number, name, quantity });
  assert.equal((await store.buy("Uno")).number, number + 1);
  await store.checkLogsEqual(10_000);
});

test("a log that is an older copy, or another replica's, ends as the others'", async (t) => {
  const store = await startStore(t);
  await store.buy("Tux");
  await store.checkLogsEqual();
  const path = join(folderOf(store, order(1)), "log.csv");
  // After a clean stop all of the log is known to have been on disk.
  await store.stop(order(1));
  const older = readFileSync(path);
  await store.restart(order(1));
  await store.buy("Fox");
  await store.checkLogsEqual();
  await store.stop(order(1));
  writeFileSync(path, older);
  await store.restart(order(1));
  assert(store.logged(order(1), "warn").some((line) => line.includes("damaged")), "it is noticed");
  await until("it to recover", async () => (await store.health(order(1))).state === "normal");
  await store.checkLogsEqual();

  await store.stop(order(1));
  cpSync(join(folderOf(store, order(2)), "log.csv"), path);
  await store.restart(order(1));
  assert.equal((await store.health(order(1))).state, "normal", "they are the same rows");
  await store.buy("Uno");
  await store.checkLogsEqual();
  assert(!existsSync(join(folderOf(store, order(1)), "recovering")));
});
