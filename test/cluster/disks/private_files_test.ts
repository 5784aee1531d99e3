/** What a store writes as an operator finds it: whose it is, and how its logs are moved away. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { claimPortBase } from "../../../client/launcher/free_ports.ts";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";
import { until } from "../../support/until.ts";

test("started under umask 0 nothing is for others; a log moved away is begun anew", async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "private-")));
  const { portBase, release } = await claimPortBase({});
  const data = join(folder, "data");
  const run = (script: string, ...words: string[]) => {
    const command = ["-c", 'umask 0; exec "$0" "$@"', "/bin/bash", join(PROJECT_FOLDER, script)];
    return spawnSync("sh", [...command, "--data", data, ...words], {
      encoding: "utf8",
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    });
  };
  t.after(() => {
    run("stop.sh", "--kill");
    release();
    rmSync(folder, { recursive: true });
  });
  const started = run("start.sh", "--port-base", String(portBase));
  assert.equal(started.status, 0, started.stderr);
  const found = readdirSync(data, { recursive: true, encoding: "utf8" });
  assert(found.includes(join("order-1", "log.csv")) && found.includes(join("log", "order-1.log")));
  for (const name of [".", ...found]) {
    assert.equal(statSync(join(data, name)).mode & 0o077, 0, name);
  }

  for (const label of ["catalog-1", "order-1", "order-2", "order-3", "frontend-1"]) {
    const log = join(data, "log", `${label}.log`);
    const pid = Number(readFileSync(join(data, "run", `${label}.pid`), "utf8"));
    renameSync(log, `${log}.1`);
    process.kill(pid, "SIGHUP");
    await until("a new file", () => existsSync(log) && readFileSync(log, "utf8").includes("again"));
    const before = readFileSync(`${log}.1`, "utf8");
    process.kill(pid, "SIGTERM");
    await until("its last line", () => readFileSync(log, "utf8").includes('"stopped"'));
    assert.equal(readFileSync(`${log}.1`, "utf8"), before, "nothing more in the old one");
  }
});
