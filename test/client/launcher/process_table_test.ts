/** What the machine says about a process. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { commandLineOf, exists, memoryOf } from "../../../client/launcher/process_table.ts";

test("this process is known by its command line", () => {
  assert.match(commandLineOf(process.pid)!, /process_table_test\.ts/);
  assert.equal(exists(process.pid), true);
});

test("a process that ended is gone", async () => {
  const child = spawn(process.execPath, ["-e", "0"]);
  await once(child, "exit");
  assert.equal(commandLineOf(child.pid!), null);
  assert.equal(exists(child.pid!), false);
});

test("the memory of a process includes that of its children", async (t) => {
  const alone = memoryOf([process.pid]);
  assert(alone > 10e6 && alone < 1e9, `${alone} bytes`);
  const program =
    "globalThis.kept = Buffer.alloc(60e6, 1); console.log(1); setInterval(() => {}, 1e6)";
  const child = spawn(process.execPath, ["-e", program]);
  t.after(() => child.kill());
  await once(child.stdout, "data");
  assert(memoryOf([process.pid]) > alone + 50e6);
});
