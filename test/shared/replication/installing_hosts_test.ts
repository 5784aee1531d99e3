/** Replicas on simulated machines, behind the oldest row that the others keep. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { DISK_RESERVE_BYTES } from "../../../shared/limits.ts";
import { HostGroup, type Member } from "./host_group.ts";

/** Longer than a piece of a checkpoint, together. */
const LONG = "x".repeat(60_000);

function valuesOf(from: number, to: number, more = ""): string[] {
  return Array.from({ length: to - from + 1 }, (_, at) => `value ${from + at}${more}`);
}

/** Replica 1 has the opening row and one value; the others have dropped the next ones. */
async function startBehind(t: TestContext, more = ""): Promise<HostGroup> {
  const group = await HostGroup.start(t, { checkpointEveryRows: 5 });
  await group.nominate(3);
  await group.commit(3, "value 1");
  await group.pass(200);
  group.member(1).machine.pause();
  for (const value of valuesOf(2, 20, more)) await group.commit(3, value);
  assert(!rowsOf(group.member(3)).some((row) => row.includes(",value 2,")), "the log is shorter");
  return group;
}

function rowsOf({ disk }: Member): string[] {
  return disk.textOf("log.csv")!.trimEnd().split("\n").slice(1);
}

/** From the first row that both keep. */
function checkSameRows(one: Member, other: Member): void {
  const [rows, others] = [rowsOf(one), rowsOf(other)];
  const length = Math.min(rows.length, others.length);
  assert(length > 0);
  assert.deepEqual(rows.slice(-length), others.slice(-length));
}

test("a follower whose rows are gone takes the checkpoint, and can lead with it", async (t) => {
  const group = await startBehind(t);
  group.member(1).machine.resume();
  await group.until(() => group.host(1).lastIndex === group.host(3).lastIndex);
  await group.commit(3, "value 21");
  await group.checkSame(["value 1", ...valuesOf(2, 21)]);
  checkSameRows(group.member(1), group.member(3));
  await group.restart(1, { power: true });
  await group.checkSame(["value 1", ...valuesOf(2, 21)]);
  group.member(3).machine.crash();
  await group.pass(600);
  assert.equal(await group.nominate(1), "leads");
  await group.commit(1, "value 22");
  await group.pass(300);
  assert.equal(group.member(2).service.values.at(-1), "value 22");
  checkSameRows(group.member(1), group.member(2));
});

test("rows of its own that end where the leader's log begins are not the leader's", async (t) => {
  const group = await HostGroup.start(t, { checkpointEveryRows: 5 });
  await group.nominate(3);
  for (let at = 2; at <= 10; at++) await group.commit(3, `value ${at}`);
  for (const id of [1, 2]) group.cut(3, id, 300);
  const alone = Array.from({ length: 10 }, (_, at) => `alone ${11 + at}`);
  group.propose(3, ...alone);
  await group.pass(100);
  group.member(3).machine.crash();
  await group.pass(600);
  assert.equal(await group.nominate(2), "leads");
  for (let at = 12; at <= 26; at++) await group.commit(2, `value ${at}`);
  await group.pass(200);
  const [first] = rowsOf(group.member(2));
  assert.match(first!, /^21,2,value 21,/, "the log of the leader begins behind row 20");
  await group.restart(3);
  assert.equal(group.host(3).lastIndex, 20);
  await group.pass(1_000);
  await group.commit(2, "value 27");
  await group.checkSame([...valuesOf(2, 10), ...valuesOf(12, 27)]);
  checkSameRows(group.member(3), group.member(2));
  const kept = group.member(3).disk.textOf("log.csv.cut")!;
  for (const value of alone) assert(kept.includes(`,${value},`), value);
});

test("a long checkpoint comes in pieces", async (t) => {
  const group = await startBehind(t, LONG);
  const { asked } = group.member(3);
  asked.length = 0;
  group.member(1).machine.resume();
  await group.until(() => group.host(1).lastIndex === group.host(3).lastIndex);
  const pieces = asked.filter((kind) => kind === "GET /checkpoint").length;
  assert(pieces >= 4, `${pieces} pieces of more than 1,000,000 characters`);
  await group.checkSame(["value 1", ...valuesOf(2, 20, LONG)]);
});

test("whoever has no room for a checkpoint takes it when there is room", async (t) => {
  const group = await startBehind(t);
  group.member(1).disk.setFreeBytes(DISK_RESERVE_BYTES);
  const { asked } = group.member(3);
  asked.length = 0;
  group.member(1).machine.resume();
  await group.pass(1_000);
  assert(asked.includes("GET /log"), "rows alone it would take");
  assert(!asked.includes("GET /checkpoint"));
  assert(group.host(1).lastIndex < 5);
  assert.equal(group.host(1).leader, 3, "it hears its leader");
  await group.leave(1, 2 * DISK_RESERVE_BYTES);
  await group.until(() => group.host(1).lastIndex === group.host(3).lastIndex);
  await group.checkSame(["value 1", ...valuesOf(2, 20)]);
});
