/** What start.sh and stop.sh take on their command lines, and what they refuse. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStart, parseStop } from "../../../client/launcher/arguments.ts";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";
import { UsageError } from "../../../shared/usage.ts";

const start = (line: string, environment: NodeJS.ProcessEnv = {}) =>
  parseStart({ arguments: words(line), environment, folder: "/here" });
const stop = (line: string) =>
  parseStop({ arguments: words(line), environment: {}, folder: "/here" });

function words(line: string): string[] {
  return line.split(" ").filter((word) => word !== "");
}

test("nothing given is nothing said, in data/ beside start.sh", () => {
  const asked = start("");
  assert.deepEqual(asked.given, { environment: {} });
  assert.equal(asked.dataDir, `${PROJECT_FOLDER}/data`);
  assert.equal(asked.only, undefined);
});

test("every flag arrives", () => {
  const line = "--store books --frontends 2 --catalogs 3 --orders 5 --threads 2 --cache-size 99 " +
    "--port-base 9000 --data other --fresh";
  const asked = start(line);
  assert.deepEqual(asked.given, {
    store: "books", frontends: 2, catalogs: 3, orders: 5, threads: 2, cacheSize: 99,
    portBase: 9000, environment: {},
  });
  assert.equal(asked.dataDir, "/here/other");
  assert.equal(asked.fresh, true);
  assert.equal(start("--no-cache").given.cacheSize, 0);
});

test("a variable counts where no flag is given; files are found from the caller's folder", () => {
  const environment = {
    CACHE_SIZE: "5", THREADS: "2", STORE: "stocks", DATA_DIR: "there", ORDER_QUORUM: "1",
    ADMIN_TOKEN_FILE: "token", LOG_LEVEL: "debug", BALANCE: "",
  };
  const asked = start("--cache-size 7", environment);
  assert.deepEqual(asked.given, {
    store: "stocks", threads: 2, cacheSize: 7,
    environment: { ORDER_QUORUM: "1", ADMIN_TOKEN_FILE: "/here/token" },
  });
  assert.equal(asked.dataDir, "/here/there");
});

test("one member is named by its kind and number", () => {
  assert.deepEqual(start("order 3").only, { kind: "order", id: 3 });
  assert.deepEqual(start("--data x frontend 2").only, { kind: "frontend", id: 2 });
  assert.deepEqual(stop("--kill catalog 1").only, { kind: "catalog", id: 1 });
  assert.deepEqual(stop("--kill catalog-1").only, { kind: "catalog", id: 1 });
});

test("wrong use is refused in one line that says what is allowed", () => {
  const refused: [string, RegExp][] = [
    ["--orders 0", /--orders 0: an integer from 1 to 9 is allowed/],
    ["--orders 10", /from 1 to 9/],
    ["--frontends 1.5", /--frontends 1\.5/],
    ["--catalogs -1", /--catalogs/],
    ["--threads 17", /from 1 to 16/],
    ["--cache-size x", /from 0 to 1000000/],
    ["--port-base 65307", /from 1 to 65306/],
    ["--bogus", /--bogus/],
    ["--store", /--store/],
    ["--store=", /the name of a store/],
    ["--no-cache=3", /--no-cache/],
    ["--no-cache --cache-size 3", /only one/],
    ["--orders 3 --orders 5", /--orders: given twice/],
    ["order", /order: a member is/],
    ["order 0", /order 0/],
    ["order 3 4", /order 3 4/],
    ["orders 3", /orders 3/],
    ["--fresh order 3", /--fresh: a single member/],
    ["--store toys order 3", /--store: a single member/],
    ["--data=", /the name of a folder/],
  ];
  for (const [line, message] of refused) {
    assert.throws(() => start(line), (error: Error) => {
      assert(error instanceof UsageError, `${line}: ${error.stack}`);
      assert.match(error.message, message);
      assert.equal(error.message.includes("\n"), false);
      return true;
    });
  }
  assert.throws(() => start("", { THREADS: "many" }), /THREADS many/);
  assert.throws(() => stop("--fresh"), UsageError);
});
