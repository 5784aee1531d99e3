/**
 * What a replica may rely on, on every disk alike: files of the system, and
 * the simulated ones that stand in for them. How a disk fails and what a loss
 * of power leaves is the simulated one's own (test/simulation/store).
 */
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { keepAside, replaceFile, type Disk } from "../../../shared/replication/storage/disk.ts";
import { NodeDisk } from "../../../shared/replication/storage/node_disk.ts";
import { Host } from "../../simulation/store/sim_disk_host.ts";
import { makeFolder } from "./stored_log.ts";

interface Subject {
  disk: Disk;
  /** Lets something on the disk come to its end. */
  wait<T>(what: Promise<T>): Promise<T>;
}

const DISKS: Record<string, (t: TestContext) => Subject> = {
  "the file system": (t) => ({ disk: new NodeDisk(makeFolder(t)), wait: (what) => what }),
  "the simulated disk": () => {
    const host = new Host();
    return { disk: host.disk, wait: (what) => host.wait(what) };
  },
};

function contract(rule: string, check: (subject: Subject) => Promise<void>): void {
  for (const [name, make] of Object.entries(DISKS)) {
    test(`${name}: ${rule}`, (t) => check(make(t)));
  }
}

function put(disk: Disk, name: string, text: string) {
  const file = disk.open(name, "w");
  file.write(Buffer.from(text), 0);
  return file;
}

contract("bytes are read where they were written, and fewer at the end", async ({ disk }) => {
  const file = put(disk, "a", "0123456789");
  file.write(Buffer.from("xy"), 4);
  file.write(Buffer.from("!"), 12);
  assert.equal(file.size, 13);
  const into = Buffer.alloc(8, "?");
  assert.equal(file.read(into, 3), 8);
  assert.equal(into.toString(), "3xy6789\0");
  assert.equal(file.read(into, 11), 2);
  assert.equal(file.read(into, 99), 0);
  file.truncate(3);
  assert.equal(file.size, 3);
  const again = disk.open("a", "r+");
  assert.equal(again.read(into, 0), 3);
  assert.equal(disk.open("a", "w").size, 0);
  assert.equal(again.size, 0, "it is the same file");
});

contract("what is not there is null, refused, or nothing to do", async ({ disk, wait }) => {
  assert(!disk.exists("a"));
  assert.equal(await wait(disk.readText("a")), null);
  assert.throws(() => disk.open("a", "r+"), { code: "ENOENT" });
  await assert.rejects(wait(disk.rename("a", "b")), { code: "ENOENT" });
  await assert.rejects(wait(disk.copy("a", "b")), { code: "ENOENT" });
  await wait(disk.remove("a"));
});

contract("a file that is open knows when its name leads elsewhere", async ({ disk, wait }) => {
  const first = put(disk, "a", "first");
  const second = put(disk, "b", "second");
  assert.deepEqual([first.sizeInPlace, second.sizeInPlace], [5, 6]);
  await wait(disk.rename("a", "b"));
  assert.deepEqual([first.sizeInPlace, second.sizeInPlace], [null, null]);
  assert(!disk.exists("a"));
  assert.equal(await wait(disk.readText("b")), "first");
  await wait(disk.remove("b"));
  const other = put(disk, "a", "of the same size".slice(0, 5));
  assert.deepEqual([first.sizeInPlace, other.sizeInPlace], [null, 5]);
  first.write(Buffer.from("!"), 5);
  assert.equal(first.size, 6);
  for (const file of [first, second, other]) file.close();
});

contract("a copy is another file", async ({ disk, wait }) => {
  const file = put(disk, "a", "one");
  await wait(disk.copy("a", "b"));
  file.write(Buffer.from("two"), 0);
  assert.equal(await wait(disk.readText("a")), "two");
  assert.equal(await wait(disk.readText("b")), "one");
});

contract("flushes come to an end; there is room", async ({ disk, wait }) => {
  const file = put(disk, "a", "one");
  await wait(file.flush());
  await wait(disk.flushFolder());
  assert(disk.freeBytes() > 0);
});

contract("a file is replaced whole, and its side file is gone", async ({ disk, wait }) => {
  await wait(replaceFile(disk, "a", "a long text"));
  await wait(replaceFile(disk, "a", "äöü"));
  assert.equal(await wait(disk.readText("a")), "äöü");
  assert(!disk.exists("a.next"));
});

contract("what is kept aside is added to, or stands alone", async ({ disk, wait }) => {
  const keep = (text: string, append: boolean) =>
    wait(keepAside(disk, "a", Buffer.from(text), { append }));
  await keep("one ", true);
  await keep("two", true);
  assert.equal(await wait(disk.readText("a")), "one two");
  await keep("three", false);
  assert.equal(await wait(disk.readText("a")), "three");
});

test("a folder that is gone has room for all one knows: the next write says what is wrong", (t) => {
  const disk = new NodeDisk(makeFolder(t));
  const bytes = disk.freeBytes();
  assert(bytes > 0 && Number.isFinite(bytes));
  rmSync(disk.folder, { recursive: true });
  assert(!existsSync(join(disk.folder, "a")));
  assert.equal(disk.freeBytes(), Infinity);
  assert.throws(() => disk.open("a", "w"), { code: "ENOENT" });
});

test("the file system: one that does not count its room is not full", (t) => {
  if (!existsSync("/proc/self")) return t.skip("a system without /proc");
  assert.equal(new NodeDisk("/proc").freeBytes(), Infinity);
});
