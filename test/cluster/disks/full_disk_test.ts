/** Real disks that fill up: who gives way, what is refused, and that nothing is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memberFolder, type MemberName } from "../../../client/launcher/layout.ts";
import { DISK_RESERVE_BYTES } from "../../../shared/limits.ts";
import { order, startStore, type TestStore } from "../support/harness.ts";
import { SmallDisk, whyNoSmallDisk } from "../support/small_disk.ts";
import { until } from "../../support/until.ts";

const skip = whyNoSmallDisk();
const DISK_BYTES = 4 * DISK_RESERVE_BYTES;
/** Full, with room for what is under way. */
const FULL = (DISK_RESERVE_BYTES * 3) / 4;
/** Too little even for what others lead with. */
const SPENT = DISK_RESERVE_BYTES / 4;
const environment = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

test("a leader whose disk is full hands over to a follower that has room", { skip }, async (t) => {
  const disks = new Map<number, SmallDisk>();
  const prepare = (dataDir: string) => {
    for (const id of [1, 2, 3]) {
      disks.set(id, new SmallDisk(memberFolder(dataDir, order(id)), DISK_BYTES));
    }
    return () => disks.forEach((disk) => disk.unmount());
  };
  const store = await startStore(t, { orders: 3, environment, prepare });
  const buyers = store.buyers(4);
  const full = await store.leader();
  const disk = disks.get(full.id)!;
  disk.fill(FULL);
  const next = await until("another leader", () => anotherThan(store, full));
  await store.checkOrderOn(await store.buy("Lego"), { replicas: 3 });

  disk.fill(SPENT);
  await until("no more rows there", async () => (await lagOf(store, full, next)) > 0);
  disk.fill(0);
  const { length } = buyers.bought;
  await until("orders on the other two", () => buyers.bought.length > length + 200, 20_000);
  assert(store.running.isRunning(full), "it goes on hearing its leader");
  assert.equal((await store.health(full)).leader, next.id);

  disk.clear();
  await buyers.stop();
  await store.checkOrderOn(await store.buy("Uno"), { replicas: 3 });
  await store.checkLogsEqual();
  await store.checkBooksBalance();
  assert(buyers.bought.length > 0 && buyers.answers.every(({ number }) => number !== null));
});

test("a store on one disk that fills up shows, sells nothing, and goes on", { skip }, async (t) => {
  let disk: SmallDisk | null = null;
  const prepare = (dataDir: string) => {
    const made = (disk = new SmallDisk(dataDir, DISK_BYTES));
    return () => made.unmount();
  };
  const store = await startStore(t, { orders: 3, catalogs: 3, environment, prepare });
  const first = await store.buy("Tux");
  const buyers = store.buyers(4);
  await until("orders", () => buyers.bought.length > 20);
  disk!.fill(FULL);
  await until("a refusal", async () => (await store.tryToBuy("Fox")).status === 503, 20_000);
  disk!.fill(0);
  const { length } = buyers.bought;
  assert.equal((await store.order(first.number)).name, "Tux");
  assert((await store.product("Tux")).price > 0);
  assert.equal((await store.tryToBuy("Fox")).status, 503);
  assert.equal(buyers.bought.length, length);
  assert.equal(store.running.running().length, store.running.members.length, "all live");

  disk!.clear();
  await buyers.stop();
  await store.buy("Uno");
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});

async function anotherThan(store: TestStore, full: MemberName): Promise<MemberName | null> {
  const { id } = await store.leader();
  return id === full.id ? null : order(id);
}

/** Rows that the one has not and the other has. */
async function lagOf(store: TestStore, behind: MemberName, ahead: MemberName): Promise<number> {
  const [there, here] = [await store.health(behind), await store.health(ahead)];
  return Number(here.commitIndex) - Number(there.lastIndex);
}
