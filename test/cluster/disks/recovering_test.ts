/** A replica whose disk lost something refetches it from the others while orders go on. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memberFolder, type MemberName } from "../../../client/launcher/layout.ts";
import { order, startStore, type TestStore } from "../support/harness.ts";
import { until } from "../../support/until.ts";

const PLENTY = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };

function logOf(store: TestStore, member: MemberName): string {
  return join(memberFolder(store.running.dataDir, member), "log.csv");
}

function changeRow(text: string): string {
  const lines = text.split("\n");
  lines[5] = lines[5]!.replace(",buy,1,", ",buy,2,");
  return lines.join("\n");
}

const damages: [string, (path: string) => void][] = [
  ["a row is changed", (path) => writeFileSync(path, changeRow(readFileSync(path, "utf8")))],
  ["the log is deleted", (path) => rmSync(path)],
  ["the promises are deleted", (path) => rmSync(join(path, "..", "term.json"))],
  ["the whole folder is deleted", (path) => rmSync(join(path, ".."), { recursive: true })],
];

test("whatever a replica's disk lost, it recovers while orders go on", async (t) => {
  const store = await startStore(t, { orders: 3, environment: PLENTY });
  const buyers = store.buyers(4);
  await until("orders", () => buyers.bought.length > 100);
  for (const [name, damage] of damages) {
    const away = await store.kill(order(1));
    damage(logOf(store, away));
    const sold = buyers.bought.length;
    await until(`orders while ${name}`, () => buyers.bought.length > sold + 50);
    await store.markBirths();
    await store.restart(away);
    await until(`it to recover: ${name}`, async () => {
      const { state, lastIndex } = await store.health(away);
      return state === "normal" && Number(lastIndex) > sold;
    });
  }
  await buyers.stop();
  await store.checkLogsEqual();
  await store.checkBooksBalance();
});

test("a recovering replica gives no vote: two of three do not sell", async (t) => {
  const store = await startStore(t, { orders: 3 });
  const bought = await store.buy("Tux");
  await store.kill(order(1));
  rmSync(logOf(store, order(1)));
  await store.kill(order(2));
  await store.kill(order(3));
  await store.restart(order(1)).catch(() => {});
  await store.restart(order(2)).catch(() => {});
  assert.equal((await store.tryToBuy("Fox")).status, 503);
  await store.restart(order(3));
  await store.untilReady();
  await store.checkOrderOn(bought, { replicas: 3 });
  await store.buy("Fox");
});
