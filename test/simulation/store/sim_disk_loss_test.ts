/** What a kill, a loss of power, a failed flush or damage leave of what is on a simulated disk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { replaceFile } from "../../../shared/replication/storage/disk.ts";
import type { Damage } from "./sim_disk_damage.ts";
import { append, Host, leftOver, LOG } from "./sim_disk_host.ts";

test("a kill leaves all that was written, and it can still be lost with the power", async () => {
  const left = await leftOver(30, async (host) => {
    append(await host.put(LOG, "safe,"), "written");
    host.end(false);
    assert.equal(host.disk.textOf(LOG), "safe,written");
  });
  assert(left.has("safe,") && left.has("safe,written"));
});

test("a loss of power keeps what was flushed, and some of what was not, in order", async () => {
  const left = await leftOver(200, async (host) => {
    const file = await host.put(LOG, "safe,");
    append(file, "one,");
    append(file, "two,");
    append(file, "three,");
  });
  const whole = "safe,one,two,three,";
  const starts = Array.from({ length: whole.length - 4 }, (_, at) => whole.slice(0, 5 + at));
  assert.deepEqual([...left].sort(), starts, "each of them, and nothing else");
});

test("a flush covers what was written before it, not what is written meanwhile", async () => {
  const left = await leftOver(60, async (host) => {
    const file = await host.put(LOG, "");
    append(file, "one,");
    const flush = file.flush();
    append(file, "two,");
    await host.wait(flush);
  });
  for (const text of left) assert(text.startsWith("one,"), text);
  assert(left.has("one,") && left.has("one,two,"));
});

test("a flush that is under way when the power fails has not ended", async () => {
  const left = await leftOver(60, async (host) => {
    const file = await host.put(LOG, "safe,");
    append(file, "one,");
    void file.flush();
  });
  assert(left.has("safe,"));
});

test("a flush ends also for a process that is killed; it hears nothing of it", async () => {
  const left = await leftOver(60, async (host) => {
    const file = await host.put(LOG, "safe,");
    append(file, "one,");
    let isHeard = false;
    void file.flush().then(() => (isHeard = true));
    host.end(false);
    await host.timeline.runUntil(host.timeline.nowMs + 1_000);
    assert(!isHeard);
  });
  assert.deepEqual([...left], ["safe,one,"]);
});

test("of a large write a sector may have stayed behind, as far as it is new", async () => {
  const left = await leftOver(200, async (host) => {
    const file = await host.put(LOG, "a".repeat(100));
    append(file, "b".repeat(2_000));
  });
  const zeroed = [...left].filter((text) => text.includes("\0"));
  assert(zeroed.length > 0);
  for (const text of zeroed) {
    assert.equal(text.length, 2_100);
    assert.match(text, /^a{100}b*\0+b+$/);
    const [from, to] = [text.indexOf("\0"), text.lastIndexOf("\0") + 1];
    assert(to % 512 === 0 && (from === 100 || (from % 512 === 0 && to - from === 512)));
  }
  assert(zeroed.some((text) => text.indexOf("\0") === 100), "the rest of the first one too");
});

test("a cut that was not flushed may be undone, what was overwritten may be back", async () => {
  const cut = await leftOver(30, async (host) => (await host.put(LOG, "abcdef")).truncate(3));
  assert.deepEqual([...cut].sort(), ["abc", "abcdef"]);
  const over = await leftOver(60, async (host) => {
    (await host.put(LOG, "abcdef")).write(Buffer.from("XYZ"), 1);
  });
  assert.deepEqual([...over].sort(), ["aXYZef", "aXYdef", "aXcdef", "abcdef"].sort());
});

test("a name that was made and not flushed may be gone, whatever is in the file", async () => {
  const left = await leftOver(30, async (host) => {
    const file = host.disk.open(LOG, "w");
    append(file, "text");
    await host.wait(file.flush());
  });
  assert.deepEqual([...left].sort(), ["none", "text"]);
});

test("a flush of the folder covers what was changed before it, unless it fails", async () => {
  const meanwhile = await leftOver(30, async (host) => {
    await host.put("a", "text");
    const flush = host.disk.flushFolder();
    void host.disk.rename("a", LOG);
    await host.wait(flush);
  });
  assert.deepEqual([...meanwhile].sort(), ["none", "text"]);
  const failed = await leftOver(30, async (host) => {
    await host.wait(host.disk.open(LOG, "w").flush());
    host.disk.failNextFlush();
    await assert.rejects(host.wait(host.disk.flushFolder()), { code: "EIO" });
    assert(host.disk.exists(LOG));
  });
  assert.deepEqual([...failed].sort(), ["", "none"]);
});

test("after a loss of power a file that has its name again is in its place", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const host = new Host({ seed });
    await host.put(LOG, "old");
    await host.put("b", "new");
    await host.wait(host.disk.rename("b", LOG));
    host.end(true);
    assert.equal(host.disk.open(LOG, "r+").sizeInPlace, 3, host.disk.textOf(LOG)!);
  }
});

test("changes of names are lost from the last one on; a rename is never half done", async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const host = new Host({ seed });
    const { disk } = host;
    await host.put("a", "A");
    await host.put("b", "B");
    await host.wait(disk.rename("a", "b"));
    await host.wait(disk.remove("b"));
    host.end(true);
    seen.add(["a", "b"].map((name) => disk.textOf(name) ?? "-").join(""));
  }
  assert.deepEqual([...seen].sort(), ["--", "-A", "AB"]);
});

test("a file that is replaced is the old one or the new one, at each effect's death", async () => {
  for (let effects = 1; effects <= 8; effects++) {
    for (let seed = 1; seed <= 20; seed++) {
      const host = new Host({ seed });
      await host.put("term.json", "old");
      let isDone = false;
      host.machine.dieAfter(effects);
      void replaceFile(host.disk, "term.json", "new").then(() => (isDone = true));
      await host.timeline.runUntil(host.timeline.nowMs + 1_000);
      assert.equal(host.machine.isAlive, isDone, "it has 5 effects and then is done");
      assert.equal(isDone, effects > 5);
      host.machine.crash();
      host.end(true);
      const text = host.disk.textOf("term.json")!;
      assert(isDone ? text === "new" : ["old", "new"].includes(text), `${effects}: ${text}`);
    }
  }
});

test("a flush that fails has lost what it was to write, for ever", async () => {
  const left = await leftOver(60, async (host) => {
    const file = await host.put(LOG, "safe,");
    append(file, "one,");
    host.disk.failNextFlush();
    await assert.rejects(host.wait(file.flush()), { code: "EIO" });
    await host.wait(file.flush());
    host.end(false);
    assert.equal(host.disk.textOf(LOG), "safe,one,", "it can still be read");
    const again = host.disk.open(LOG, "r+");
    append(again, "two,");
    await host.wait(again.flush());
  });
  assert.deepEqual([...left], ["safe,\0\0\0\0two,"]);
});

test("damage befalls what is on disk, not only what is seen", async () => {
  const text = "index,term\n1,1\n2,1\n";
  const promise = JSON.stringify({ length: text.length });
  const left = async (damage: Damage): Promise<(string | null)[]> => {
    const host = new Host();
    await host.put("term.json", promise);
    await host.put(LOG, text);
    host.machine.crash();
    host.disk.damage(damage);
    host.disk.crash(true);
    return [host.disk.textOf(LOG), host.disk.textOf("term.json")];
  };
  const [flipped] = await left("flipped bit");
  const changed = [...text].filter((character, at) => character !== flipped![at]);
  assert.deepEqual([flipped!.length, changed.length], [text.length, 1]);
  const [short] = await left("cut short");
  assert(short!.length < text.length && text.startsWith(short!));
  assert.deepEqual(await left("log deleted"), [null, promise]);
  assert.deepEqual(await left("promise deleted"), [text, null]);
  assert.deepEqual(await left("wiped"), [null, null]);
});

test("the same seed loses the same", async () => {
  const play = async (seed: number) => {
    const host = new Host({ seed, slow: 0.3 });
    const file = await host.put(LOG, "");
    for (let at = 0; at < 20; at++) {
      append(file, `${at},`.repeat(at * 10));
      if (at % 5 === 0) await host.wait(file.flush());
    }
    host.end(true);
    return [host.disk.textOf(LOG), host.timeline.nowMs, ...host.counts];
  };
  for (const seed of [1, 2, 3]) assert.deepEqual(await play(seed), await play(seed));
  assert.notDeepEqual(await play(1), await play(2));
});
