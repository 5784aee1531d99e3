/** The simulated disk as a process uses it: what it sees, what fails, and how long it takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { append, Host, LOG } from "./sim_disk_host.ts";

test("a process reads what it wrote, where it wrote it", async () => {
  const { disk, ...host } = new Host();
  const file = disk.open(LOG, "w");
  append(file, "hello world");
  file.write(Buffer.from("HE"), 0);
  const into = Buffer.alloc(6);
  assert.equal(file.read(into, 6), 5);
  assert.equal(into.toString("utf8", 0, 5), "world");
  file.truncate(5);
  assert.equal(file.size, 5);
  file.write(Buffer.from("!"), 7);
  assert.equal(disk.textOf(LOG), "HEllo\0\0!");
  file.truncate(6);
  file.truncate(8);
  assert.equal(disk.textOf(LOG), "HEllo\0\0\0");
  assert.equal(disk.open(LOG, "r+").size, 8);
  assert.equal(disk.open(LOG, "w").size, 0);
  assert.equal(host.timeline.played, 0);
});

test("flushes take time, and more of it when the disk is slow", async () => {
  const host = new Host({ flushMs: 3 });
  const file = await host.put(LOG, "a");
  const beganMs = host.timeline.nowMs;
  for (let flush = 0; flush < 100; flush++) await host.wait(file.flush());
  const meanMs = (host.timeline.nowMs - beganMs) / 100;
  assert(meanMs > 2 && meanMs < 4, `${meanMs} ms`);
  const slow = new Host({ slow: 1 });
  await slow.put(LOG, "a");
  assert.equal(slow.counts.get("slow flush"), 2);
  assert(slow.timeline.nowMs > 100);
  slow.disk.mend();
  const mendedMs = slow.timeline.nowMs;
  await slow.wait(slow.disk.flushFolder());
  assert(slow.timeline.nowMs < mendedMs + 20);
});

test("a disk that hangs flushes when that is over, and at once after a loss of power", async () => {
  const host = new Host({ flushMs: 3 });
  const file = await host.put(LOG, "a");
  const untilMs = host.timeline.nowMs + 500;
  host.disk.hang(untilMs);
  await host.wait(file.flush());
  assert(host.timeline.nowMs > untilMs && host.timeline.nowMs < untilMs + 20);
  assert.equal(host.counts.get("flush hung"), 1);
  host.disk.hang(host.timeline.nowMs + 500);
  host.machine.crash();
  host.disk.crash(true);
  host.machine.restart();
  const againMs = host.timeline.nowMs;
  await host.wait(host.disk.flushFolder());
  assert(host.timeline.nowMs < againMs + 20);
});

test("a write that fails has written some of it and says so", async () => {
  const lengths = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const host = new Host({ seed });
    const file = await host.put(LOG, "");
    host.disk.failNextWrite();
    assert.throws(() => append(file, "abcd"), { code: "EIO" });
    assert("abcd".startsWith(host.disk.textOf(LOG)!));
    lengths.add(file.size);
    append(file, "e");
  }
  assert.deepEqual([...lengths].sort(), [0, 1, 2, 3]);
});

test("a full disk refuses what makes a file longer, and says how much is left", async () => {
  const host = new Host();
  const file = await host.put(LOG, "0123456789");
  assert.equal(host.disk.freeBytes(), Infinity);
  host.disk.setFreeBytes(5);
  append(file, "abc");
  assert.equal(host.disk.freeBytes(), 2);
  file.write(Buffer.from("ABC"), 0);
  assert.throws(() => append(file, "abc"), { code: "ENOSPC" });
  assert.equal(host.disk.textOf(LOG), "ABC3456789abc");
});

test("the dead change nothing and are told nothing", async () => {
  const host = new Host();
  const { disk, timeline } = host;
  const file = await host.put(LOG, "text");
  const settled: string[] = [];
  host.machine.crash();
  file.write(Buffer.from("X"), 0);
  file.truncate(0);
  disk.open(LOG, "w");
  disk.open("new", "w");
  disk.open("not there", "r+").write(Buffer.from("X"), 0);
  for (const call of [
    () => file.flush(),
    () => disk.flushFolder(),
    () => disk.rename(LOG, "b"),
    () => disk.copy(LOG, "c"),
    () => disk.remove(LOG),
    () => disk.readText(LOG),
  ]) {
    call().then(() => settled.push(String(call)), () => settled.push(String(call)));
  }
  await timeline.runUntil(timeline.nowMs + 1_000);
  host.machine.restart();
  file.write(Buffer.from("X"), 0);
  await timeline.runUntil(timeline.nowMs + 1_000);
  assert.deepEqual(settled, []);
  assert.equal(disk.textOf(LOG), "text");
  assert.deepEqual(["new", "b", "c"].filter((name) => disk.exists(name)), []);
});

test("who wants to hear of the next cut hears of one, before it is made", async () => {
  const host = new Host();
  const { disk, machine } = host;
  const file = await host.put(LOG, "text");
  const seen: (string | null)[] = [];
  disk.onceCut(() => seen.push(disk.textOf(LOG)));
  file.write(Buffer.from("T"), 0);
  file.truncate(3);
  file.truncate(2);
  assert.deepEqual(seen, ["Text"]);
  disk.onceCut(() => machine.dieAfter(1));
  file.truncate(1);
  assert.equal(disk.textOf(LOG), "Te");
});

test("a paused process hears of its flush at the resume", async () => {
  const host = new Host();
  const file = await host.put(LOG, "text");
  let isHeard = false;
  void file.flush().then(() => (isHeard = true));
  host.machine.pause();
  await host.timeline.runUntil(host.timeline.nowMs + 1_000);
  assert(!isHeard);
  host.machine.resume();
  await host.timeline.runUntil(host.timeline.nowMs + 1);
  assert(isHeard);
});
