/** The audit as a command: what it prints, what it leaves alone, how it ends. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { test } from "node:test";
import { main } from "../../../client/check/main.ts";
import { goodPlan, order, orderReplicas, writeStore } from "./store_folder.ts";

async function check(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: "", err: "" };
  const into = (which: "out" | "err") => new Writable({
    write(chunk, _encoding, done) {
      texts[which] += String(chunk);
      done();
    },
  });
  const [stdout, stderr] = [into("out"), into("err")];
  const code = await main({ args, environment: {}, folder: "/", stdout, stderr });
  return { code, ...texts };
}

test("a good store: a line for each check, exit 0", async (t) => {
  const { code, out, err } = await check(writeStore(t, goodPlan()));
  assert.deepEqual([code, err], [0, ""]);
  assert.match(out, /^The toys store in .*: catalogs 1, order replicas 3, stopped\n/);
  assert.equal(out.match(/^PASS {2}/gm)?.length, 10);
  assert.match(out, /2 products, in all 105 \+ 5 \+ 2 \+ 0 - 8 = 104/);
  assert.match(out, /All of it holds\. 6 orders of 2 products were looked at\.\n$/);
});

test("a bad store: the finding with file and line, exit 1; --json the same", async (t) => {
  const plan = goodPlan();
  for (const { rows } of orderReplicas(plan)) rows[3] = order(3, "Tux", 2);
  const dataDir = writeStore(t, plan);
  const { code, out } = await check(dataDir);
  assert.equal(code, 1);
  assert.match(out, /^FAIL {2}sales (?:.*\n {6})*.*order-\d\/log\.csv line 5: order 3 is of/m);
  assert.match(out, /1 of 10 checks failed/);
  const json = await check(dataDir, "--json");
  assert.equal(json.code, 1);
  const report = JSON.parse(json.out) as { ok: boolean; checks: { name: string; ok: boolean }[] };
  assert.equal(report.ok, false);
  assert.deepEqual(report.checks.filter(({ ok }) => !ok).map(({ name }) => name), ["sales"]);
});

test("torn ends and open sales are noted, no file is changed", async (t) => {
  const plan = goodPlan();
  plan.replicas["order-1"]!.tail = "8,1,7,2026-01-31T12:00";
  for (const { rows } of orderReplicas(plan)) rows.pop();
  const dataDir = writeStore(t, plan);
  const before = contentOf(dataDir);
  const { code, out } = await check(dataDir);
  assert.equal(code, 0, out);
  assert.match(out, /note: .*order-1\/log\.csv line 8: 22 bytes of an append that a crash/);
  assert.match(out, /note: no order yet of sale 6/);
  assert.deepEqual(contentOf(dataDir), before);
});

test("a store of another format is not guessed at", async (t) => {
  const plan = goodPlan();
  for (const replica of Object.values(plan.replicas)) Object.assign(replica.birth, { format: 1 });
  const { code, err } = await check(writeStore(t, plan));
  assert.equal(code, 2);
  assert.match(err, /has format 1, known here is 2/);
});

test("wrong use and no store: one line on stderr, exit 2; --help: examples first", async (t) => {
  const dataDir = writeStore(t, goodPlan());
  for (const args of [["--what"], ["a", "b"], ["/no/store"], [dataDir, "--url", "ftp://x"],
    [dataDir, "--url", "http://127.0.0.1:1"]]) {
    const { code, out, err } = await check(...args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, /^[^\n]+\n$/);
  }
  const help = await check("--help");
  assert.equal(help.code, 0);
  assert.match(help.out, /^Examples\n {2}npm run check .*\n {2}npm run check -- .*\n/);
  assert.match(help.out, /Exit codes\n {2}0 /);
});

function contentOf(dataDir: string): Map<string, string> {
  const names = readdirSync(dataDir, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => /\.|birth/.test(name));
  return new Map(files.map((name) => [name, readFileSync(join(dataDir, name), "latin1")]));
}
