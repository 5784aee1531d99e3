/** A replica's files with one bit flipped, half written or gone: byte by byte, nothing passes. */
import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AppError } from "../../../shared/errors.ts";
import { createLog } from "../../../shared/logging.ts";
import type { Disk } from "../../../shared/replication/storage/disk.ts";
import {
  BEGUN_NAME, openLog, RECOVERING_NAME,
} from "../../../shared/replication/storage/log_open.ts";
import { LogFile } from "../../../shared/replication/storage/log_file.ts";
import { NodeDisk } from "../../../shared/replication/storage/node_disk.ts";
import { COLUMNS, HEADER, makeFolder, makeLog, makeRows, open } from "./stored_log.ts";

/** Each byte of a file with so many of its bits flipped, one at a time. */
function* flipsOf(bytes: Buffer, bits = 2): Generator<{ at: number; flipped: Buffer }> {
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [at % 8, (at + 3) % 8].slice(0, bits)) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << bit;
      yield { at, flipped };
    }
  }
}

test("with a noted length, a flipped bit is damage wherever it is", async (t) => {
  const { folder } = await makeLog(t, { clean: true });
  const path = join(folder, "log.csv");
  for (const { at, flipped } of flipsOf(readFileSync(path))) {
    writeFileSync(path, flipped);
    await assert.rejects(open(folder, true), { reason: "damaged" }, `byte ${at}`);
    assert.deepEqual(readFileSync(path), flipped);
  }
});

test("beyond a noted length only the very last byte's loss looks like a crash", async (t) => {
  const { folder } = await makeLog(t);
  const [path, term] = [join(folder, "log.csv"), join(folder, "term.json")];
  const [whole, noted] = [readFileSync(path), readFileSync(term)];
  for (const { at, flipped } of flipsOf(whole)) {
    writeFileSync(path, flipped);
    writeFileSync(term, noted);
    if (at < whole.length - 1) {
      await assert.rejects(open(folder, true), { reason: "damaged" }, `byte ${at}`);
    } else {
      assert.equal((await open(folder, true)).rows.length, 4);
    }
  }
});

test("with others to ask, the rows before a flipped bit stay, and the file is kept", async (t) => {
  const { folder, rows } = await makeLog(t, { clean: true });
  const [path, term] = [join(folder, "log.csv"), join(folder, "term.json")];
  const [whole, noted] = [readFileSync(path), readFileSync(term)];
  const starts = rows.map((_, at) =>
    HEADER.length + rows.slice(0, at + 1).reduce((sum, row) => sum + row.text.length + 1, 0));
  for (const { at, flipped } of flipsOf(whole, 1)) {
    writeFileSync(path, flipped);
    writeFileSync(term, noted);
    rmSync(join(folder, RECOVERING_NAME), { force: true });
    const opened = await open(folder);
    assert(opened.storage.isRecovering, `byte ${at}`);
    assert.equal(opened.rows.length, starts.filter((end) => end <= at).length, `byte ${at}`);
    assert.deepEqual(readFileSync(`${path}.damaged`), flipped, "as it was found");
    await opened.storage.close();
  }
});

test("a good row that the service does not know is no damage: nothing is touched", async (t) => {
  const { folder } = await makeLog(t, { clean: true });
  const files = () => readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const before = files();
  const refuse = (): void => {
    throw new AppError("bad_request", "a row of an unknown kind");
  };
  const log = createLog({ member: "order-1", level: "error" });
  const options = { disk: new NodeDisk(folder), columns: COLUMNS, log, restore: refuse };
  await assert.rejects(openLog({ ...options, canRecover: true, onRow: refuse }), {
    reason: "damaged", message: /log\.csv row 1: a row of an unknown kind/,
  });
  assert.deepEqual(files(), before);
});

test("of a damaged log no more is read at once than a piece", async (t) => {
  const folder = makeFolder(t);
  const opened = await open(folder);
  await opened.append(...makeRows(80_000));
  await opened.storage.close();
  const path = join(folder, "log.csv");
  const whole = readFileSync(path);
  assert(whole.length > 2_000_000, `${whole.length} bytes`);
  for (const damaged of [Buffer.from(whole).fill("x", 40, 41), Buffer.alloc(whole.length)]) {
    damaged.write(HEADER);
    writeFileSync(path, damaged);
    const read = t.mock.method(LogFile.prototype, "readBytes");
    await assert.rejects(open(folder, true), { reason: "damaged" });
    const bytes = read.mock.calls.map(({ result }) => result!);
    assert(bytes.length < 3 && Math.max(...bytes) <= 1024 * 1024, `${bytes} bytes`);
    read.mock.restore();
  }
});

test("a promise that was not renamed into place is none, however far it came", async (t) => {
  const { folder } = await makeLog(t);
  const side = join(folder, "term.json.next");
  const newer = readFileSync(join(folder, "term.json"), "utf8")
    .replace('"term":1,"vote":3', '"term":2,"vote":1');
  for (let length = 0; length <= newer.length; length++) {
    writeFileSync(side, newer.slice(0, length));
    const { storage } = await open(folder);
    assert.deepEqual([storage.term, storage.vote, storage.isRecovering], [1, 3, false]);
    await storage.close();
  }
});

test("a folder that lost log and promises both is not taken for a new one", async (t) => {
  const { folder } = await makeLog(t);
  for (const name of ["log.csv", "term.json"]) rmSync(join(folder, name));
  await assert.rejects(open(folder, true), /term\.json line 1: .*only copy/);
  assert((await open(folder)).storage.isRecovering);
  // Of a folder from before the mark was known: it is made at the next start.
  const older = await makeLog(t);
  rmSync(join(older.folder, BEGUN_NAME));
  assert.equal((await open(older.folder)).rows.length, 5);
  assert(existsSync(join(older.folder, BEGUN_NAME)));
});

/** A disk on which one way to read fails. */
function unreadable(folder: string, how: "text" | "bytes"): Disk {
  const disk = new NodeDisk(folder);
  const fail = (): never => {
    throw Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" });
  };
  return new Proxy(disk, {
    get(_, name: keyof Disk) {
      if (how === "text" && name === "readText") return fail;
      if (how === "bytes" && name === "open") {
        return (...given: Parameters<Disk["open"]>) =>
          Object.defineProperty(disk.open(...given), "read", { value: fail });
      }
      const value = disk[name];
      return typeof value === "function" ? value.bind(disk) : value;
    },
  });
}

test("a disk that cannot be read at the start ends it, and changes nothing", async (t) => {
  const { folder } = await makeLog(t);
  const filesOf = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]);
  const before = filesOf();
  for (const how of ["text", "bytes"] as const) {
    const log = createLog({ member: "order-1", level: "error" });
    const opening = (async () => openLog({
      disk: unreadable(folder, how), columns: COLUMNS, log, canRecover: true,
      restore: () => {}, onRow: () => {},
    }))();
    await assert.rejects(opening, { code: "EIO" }, how);
    assert.deepEqual(filesOf(), before, "it is not taken for damage");
  }
});

test("a flipped bit in promises or a checkpoint is never another promise or state", async (t) => {
  for (const name of ["term.json", "checkpoint.json"]) {
    const { folder, rows } = await makeLog(t);
    const opened = await open(folder);
    opened.storage.keepCheckpoint(rows[1]!, '["Tux",15.99,100]');
    await opened.storage.close();
    const path = join(folder, name);
    const whole = readFileSync(path);
    for (const { at, flipped } of flipsOf(whole)) {
      writeFileSync(path, flipped);
      const found = await open(folder, true).catch((error: AppError) => error);
      if (found instanceof AppError) {
        assert.equal(found.reason, "damaged", `byte ${at}`);
      } else {
        const { term, vote } = found.storage;
        assert.deepEqual([term, vote], [1, 3], `byte ${at}`);
        assert.equal(found.rows[0], 'checkpoint 2 ["Tux",15.99,100]', `byte ${at}`);
        await found.storage.close();
      }
    }
  }
});

test("promises from before they had a checksum are read", async (t) => {
  const { folder } = await makeLog(t, { clean: true });
  const path = join(folder, "term.json");
  const { crc32: _, ...promised } = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify(promised) + "\n");
  const { storage } = await open(folder, true);
  assert.deepEqual([storage.term, storage.vote, storage.isRecovering], [1, 3, false]);
});
