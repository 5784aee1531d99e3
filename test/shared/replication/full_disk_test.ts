/** What a replica whose disk fills up still does, what it refuses, and how it goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DISK_RESERVE_BYTES } from "../../../shared/limits.ts";
import type { Replicated } from "../../../shared/replication/core/messages.ts";
import { HostGroup } from "./host_group.ts";

const FULL = DISK_RESERVE_BYTES - 1;
/** Takes no rows. */
const SPENT = DISK_RESERVE_BYTES / 2 - 1;

test("a leader with a full disk says so, and what is under way is still written", async (t) => {
  const group = await HostGroup.start(t);
  const { host, lines } = group.member(3);
  await group.nominate(3);
  await group.leave(3, DISK_RESERVE_BYTES);
  assert(!host.isFull && !host.health(null).full, "the reserve is whole");
  await group.leave(3, FULL);
  assert(host.isFull && host.health(null).full);
  await group.commit(3, "a", "b");
  await group.pass(1_000);
  assert(host.leading);
  await group.leave(3, 2 * DISK_RESERVE_BYTES);
  assert(!host.isFull);
  await group.checkSame(["a", "b"]);
  const told = lines.filter((line) => /disk/.test(line)).map((line) => /disk [^"]*/.exec(line)![0]);
  assert.deepEqual(told, ["disk is full: no new work is taken", "disk has room again"]);
});

test("followers without room write nothing, hear their leader, and catch up later", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(3);
  await group.commit(3, "a");
  await group.pass(200);
  for (const id of [1, 2]) await group.leave(id, SPENT);
  const before = group.member(1).disk.textOf("log.csv");
  const { asked } = group.member(3);
  asked.length = 0;
  group.propose(3, "b");
  await group.pass(2_000);
  group.propose(3, "c");
  await group.pass(2_000);
  assert(group.host(3).leading, "a majority answers it");
  await group.settle(group.host(3).confirm());
  assert.equal(group.host(1).leader, 3);
  assert.equal(group.member(1).disk.textOf("log.csv"), before);
  assert.equal(group.member(3).service.values.at(-1), "c");
  assert.equal(group.member(3).service.committed, 2, "the opening row and the first");
  assert(!asked.includes("GET /log"), "nobody fetches what it has no room for");
  await group.leave(1, 2 * DISK_RESERVE_BYTES);
  await group.until(() => group.member(3).service.committed === 4);
  assert.equal(group.member(2).service.values.length, 2);
  await group.leave(2, 2 * DISK_RESERVE_BYTES);
  await group.checkSame(["a", "b", "c"]);
});

test("rows that a follower without room has already are confirmed by it", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(3);
  await group.commit(3, "a");
  await group.leave(1, SPENT);
  const { term } = group.host(3);
  const [opening, row] = group.member(3).disk.textOf("log.csv")!.trim().split("\n").slice(1);
  const prev = { index: 1, term, checksum: Number.parseInt(opening!.slice(-8), 16) };
  const body = { term, leader: 3, prev, rows: `${row}\n`, commit: 2, round: 1, vouch: null };
  const answer = await group.settle(group.host(1).handle("POST /replicate", body));
  const { result, match } = answer as Replicated;
  assert.deepEqual([result, match], ["appended", 2]);
});

test("a follower that is full but has half its reserve takes what others lead with", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(3);
  for (const id of [1, 2]) await group.leave(id, FULL);
  await group.commit(3, "a");
  await group.checkSame(["a"]);
});

test("a full replica takes over from nobody; one that takes no rows never leads", async (t) => {
  const group = await HostGroup.start(t);
  await group.nominate(3);
  await group.leave(2, FULL);
  assert.equal(await group.nominate(2, group.host(3).term), "unavailable");
  group.member(3).machine.crash();
  await group.pass(500);
  await group.leave(2, SPENT);
  assert.equal(await group.nominate(2), "unavailable");
  await group.leave(2, FULL);
  assert.equal(await group.nominate(2), "leads", "with all full somebody leads, for reading");
});

test("a checkpoint waits until there is room for it and for the reserve", async (t) => {
  const group = await HostGroup.start(t, { size: 1, checkpointEveryRows: 5 });
  const { disk, service } = group.member(1);
  await group.nominate(1);
  await group.commit(1, "a", "b", "c");
  await group.leave(1, DISK_RESERVE_BYTES + 50);
  await group.commit(1, "d", "e", "f");
  await group.pass(1_000);
  assert.equal(disk.textOf("checkpoint.json"), null);
  await group.leave(1, DISK_RESERVE_BYTES + 1_000);
  await group.commit(1, "g");
  await group.pass(100);
  assert.match(disk.textOf("checkpoint.json")!, /"at":{"index":5,/);
  await group.restart(1);
  assert.equal(group.member(1).service.values.length, service.values.length);
});

test("a shorter log is written whole: a checkpoint waits for room for that too", async (t) => {
  const group = await HostGroup.start(t, { size: 1, checkpointEveryRows: 5 });
  const { disk } = group.member(1);
  const long = "x".repeat(1_000);
  await group.nominate(1);
  for (let row = 2; row <= 6; row++) await group.commit(1, long);
  const first = disk.textOf("checkpoint.json");
  assert.match(first!, /"at":{"index":5,/);
  // Its own text is about 10,000 bytes long, and 5 rows stay in the log.
  await group.leave(1, DISK_RESERVE_BYTES + 24_000);
  for (let row = 7; row <= 10; row++) await group.commit(1, long);
  await group.pass(1_000);
  assert.equal(disk.textOf("checkpoint.json"), first);
  await group.leave(1, DISK_RESERVE_BYTES + 30_000);
  await group.commit(1, "y");
  await group.pass(100);
  assert.match(disk.textOf("checkpoint.json")!, /"at":{"index":10,/);
  assert(!disk.textOf("log.csv")!.includes("\n5,"), "the rows before the one before are gone");
});
