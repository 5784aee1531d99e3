/** ./start.sh and ./stop.sh with the real members, as somebody at a terminal calls them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { claimPortBase } from "../../../client/launcher/free_ports.ts";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";

const START_MAX_S = 5;
const MEMORY_MAX_MB = 450;

async function terminal(t: TestContext) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "store-")));
  const { portBase, release } = await claimPortBase({});
  const run = async (line: string) => {
    const [script, ...words] = line.replace("PORTS", `--port-base ${portBase}`).split(" ");
    const child = spawn("/bin/bash", [join(PROJECT_FOLDER, script!), "--data", "data", ...words], {
      cwd: folder,
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => (out += text));
    child.stderr.on("data", (text) => (err += text));
    const [code] = await once(child, "close");
    return { code: code as number, out, err };
  };
  t.after(async () => {
    await run("stop.sh --kill");
    release();
    rmSync(folder, { recursive: true });
  });
  return { folder, portBase, run };
}

test("start.sh starts the store quickly and small, once; stop.sh ends it", async (t) => {
  const { run, portBase } = await terminal(t);
  const first = await run("start.sh PORTS");
  assert.equal(first.code, 0, first.err);
  t.diagnostic(first.out.split("\n")[0]!);
  const [, seconds, megabytes] = /in (\d+\.\d) s; it holds (\d+) MB/.exec(first.out)!;
  // A machine that is busy with something else says nothing about the store.
  const isBusy = loadavg()[0]! > 2 * availableParallelism();
  assert(Number(seconds) < START_MAX_S * (isBusy ? 4 : 1), `${seconds} s`);
  assert(Number(megabytes) < MEMORY_MAX_MB, `${megabytes} MB`);
  assert.match(first.out, /order 3 +leader/);
  assert.match(first.out, /catalog 1 +leader/);
  const product = await fetch(`http://127.0.0.1:${portBase}/products/Tux`);
  assert.deepEqual(await product.json(), { data: { name: "Tux", price: 15.99, quantity: 100 } });

  const second = await run("start.sh");
  assert.equal(second.code, 0);
  assert.match(second.out, /^Running already: the toys store in data/);

  assert.match((await run("stop.sh --kill order 3")).out, /^order 3 killed/);
  assert.match((await run("start.sh order 3")).out, /^Started order 3/);
  const stopped = await run("stop.sh");
  assert.equal(stopped.code, 0);
  assert.equal(stopped.out.match(/ stopped \(process \d+\)\./g)?.length, 5, stopped.out);
  assert.equal((await run("stop.sh")).out, "Nothing runs in data.\n");

  const again = await run("start.sh PORTS");
  assert.equal(again.code, 0, again.err);
});

test("a foreign process on a port is named, and nothing is started", async (t) => {
  const { run, folder, portBase } = await terminal(t);
  const holder = createServer().listen(portBase + 221, "127.0.0.1");
  await once(holder, "listening");
  t.after(() => holder.close());
  const { code, err } = await run("start.sh PORTS");
  assert.equal(code, 1);
  assert.match(err, new RegExp(`Port ${portBase + 221} for order 1 .*process ${process.pid}`));
  assert.equal(existsSync(join(folder, "data")), false);
});
