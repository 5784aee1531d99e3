/** A replica's files when connections have taken every descriptor that the process may have. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../stored_log.ts";

const REPLICATION = new URL("../../../../shared/replication/storage/", import.meta.url);
const urlOf = (file: string) => new URL(file, REPLICATION).href;

/** Takes all there are, again and again, and writes what a replica writes. */
const CODE = `
  import { closeSync, openSync } from "node:fs";
  import { NodeDisk } from "${urlOf("node_disk.ts")}";
  import { replaceFile } from "${urlOf("disk.ts")}";
  console.log("begun");
  const disk = new NodeDisk(process.argv[1]);
  const taken = [];
  const takeAll = () => {
    try {
      for (;;) taken.push(openSync("/dev/null", "r"));
    } catch (error) {
      if (error.code !== "EMFILE") throw error;
    }
  };
  takeAll();
  const log = disk.open("log.csv", "w");
  for (let nth = 1; nth <= 50; nth++) {
    await replaceFile(disk, "term.json", "promise " + nth);
    takeAll();
    log.write(Buffer.from(nth + ","), log.size);
    await disk.copy("log.csv", "copy");
    takeAll();
    if (await disk.readText("term.json") !== "promise " + nth) throw new Error("another promise");
    takeAll();
  }
  log.close();
  console.log("taken", taken.length > 10);
`;

test("a replica writes on when there is no descriptor left, as often as it must", (t) => {
  const folder = makeFolder(t);
  const args = ["--import", "tsx", "--input-type=module", "-e", CODE, folder];
  const words = ["-c", 'ulimit -n 100; exec "$0" "$@"', process.execPath, ...args];
  const { stdout, stderr } = spawnSync("sh", words, { encoding: "utf8" });
  assert.equal(stdout, "begun\ntaken true\n", stderr);
  assert.equal(readFileSync(join(folder, "term.json"), "utf8"), "promise 50");
  const text = Array.from({ length: 50 }, (_, at) => `${at + 1},`).join("");
  assert.equal(readFileSync(join(folder, "log.csv"), "utf8"), text);
  assert.equal(readFileSync(join(folder, "copy"), "utf8"), text);
});
