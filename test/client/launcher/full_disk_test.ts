/** A store's folder on a disk without room: one line, and what runs can be stopped. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { runCommand } from "../../../client/launcher/command.ts";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";
import { startCommand } from "../../../client/launcher/start_command.ts";
import { stopCommand } from "../../../client/launcher/stop_command.ts";
import { lockFolder, LockedError } from "../../../shared/member/folder_lock.ts";
import { SmallDisk, whyNoSmallDisk } from "../../cluster/support/small_disk.ts";
import { fakeCall, ownPortBase } from "./own_folder.ts";

const skip = whyNoSmallDisk();
const DISK_BYTES = 1024 * 1024;

/** DIR/data is a disk of its own. */
function ownDisk(t: TestContext) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "full-")));
  const data = join(folder, "data");
  const disk = new SmallDisk(data, DISK_BYTES);
  t.after(async () => {
    await runCommand(fakeCall(folder, "--kill --data data").call, stopCommand);
    disk.unmount();
    rmSync(folder, { recursive: true });
  });
  const run = async (line: string) => {
    const [name, ...rest] = line.split(" ");
    const { call, said } = fakeCall(folder, `--data data ${rest.join(" ")}`);
    const code = await runCommand(call, name === "start" ? startCommand : stopCommand);
    return { code, ...said };
  };
  return { folder, data, disk, run };
}

const fullAt = (data: string) => `Cannot write to ${data}: the disk is full (ENOSPC)\n`;

test("a start on a full disk is one line and 1, and leaves nothing", { skip }, async (t) => {
  const { data, disk, run } = ownDisk(t);
  disk.fill(0);
  const { code, out, err } = await run(`start --port-base ${await ownPortBase(t)}`);
  assert.deepEqual([code, out], [1, ""]);
  assert(err.startsWith(`Cannot write to ${data}`));
  assert(err.endsWith(": the disk is full (ENOSPC)\n"));
  assert.equal(err.trim().split("\n").length, 1);
  assert.deepEqual(readdirSync(data), ["ballast"]);
});

test("with a little room it is one line too, and nothing stays running", { skip }, async (t) => {
  const { disk, run } = ownDisk(t);
  const portBase = await ownPortBase(t);
  for (const left of [4, 8, 12, 16, 20, 24, 28]) {
    disk.fill(left * 1024);
    const { code, err } = await run(`start --port-base ${portBase}`);
    if (code === 0) break;
    assert.equal(code, 1, err);
    assert.match(err, /^(Cannot write to \S+: the disk is full \(ENOSPC\)\n$|\S+ \d ended as)/);
    assert.doesNotMatch(err, /^ +at /m);
    assert.match((await run("stop")).out, /^Nothing runs/, "what it had started is stopped");
    disk.clear();
  }
});

test("a store on a disk that filled up is stopped, and no more started", { skip }, async (t) => {
  const { data, disk, run } = ownDisk(t);
  const portBase = await ownPortBase(t);
  assert.equal((await run(`start --port-base ${portBase}`)).code, 0);
  disk.fill(0);
  const one = await run("stop order 3");
  assert.deepEqual([one.code, one.err], [0, ""]);
  assert.match(one.out, /^order 3 stopped \(process \d+\)\.\n$/);
  const again = await run("start order 3");
  assert.deepEqual([again.code, again.err], [1, fullAt(data)]);
  const all = await run("stop");
  assert.deepEqual([all.code, all.err], [0, ""]);
  assert.equal(all.out.trim().split("\n").length, 4);
  assert.deepEqual(readdirSync(join(data, "run")), ["settings.json"]);
});

test("without room for a lock its holder is seen, and nothing is left behind", { skip }, (t) => {
  const { data, disk } = ownDisk(t);
  disk.fill(0);
  assert.throws(() => lockFolder(data), { code: "ENOSPC" });
  disk.clear();
  const unlock = lockFolder(data);
  disk.fill(0);
  assert.throws(() => lockFolder(data), LockedError);
  unlock();
  assert.deepEqual(readdirSync(data), ["ballast"]);
});

test("a member whose disk is full says so in one line", { skip }, (t) => {
  const { data, disk, folder } = ownDisk(t);
  const secret = join(folder, "secret");
  writeFileSync(secret, "0123456789abcdef\n", { mode: 0o600 });
  for (const isBorn of [false, true]) {
    if (isBorn) {
      disk.clear();
      mkdirSync(join(data, "order-1"), { recursive: true });
      const birth = { id: "b-1", store: "toys", catalogs: 1, orders: 3, format: 2 };
      writeFileSync(join(data, "order-1", "birth"), JSON.stringify(birth));
      assert(statSync(join(data, "order-1", "birth")).size > 0);
    }
    disk.fill(0);
    const { status, stdout, stderr } = spawnSync(
      process.execPath, ["--import", "tsx", "order/main.ts"], {
        cwd: PROJECT_FOLDER,
        env: { PATH: process.env.PATH, ID: "1", BIRTH: "b-1", DATA_DIR: data,
          STORE_SECRET_FILE: secret },
        encoding: "utf8",
      },
    );
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^\S+order-1: the disk is full \(ENOSPC\)\n$/);
  }
});
