/** Settings as they are given, and every way to give them wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  helpText, readSettings, UsageError, type MemberKind,
} from "../../../shared/member/config.ts";

const read = (kind: MemberKind, environment: Record<string, string>, ...args: string[]) =>
  readSettings(kind, environment, args);

test("with an id alone everything else has its default", () => {
  const settings = read("order", { ID: "3" });
  assert.deepEqual(settings, {
    kind: "order",
    id: 3,
    host: "127.0.0.1",
    port: 8303,
    internalPort: 8303,
    store: "toys",
    dataDir: "data",
    folder: "data/order-3",
    frontends: new Map([[1, "http://127.0.0.1:8101"]]),
    catalogs: new Map([[1, "http://127.0.0.1:8201"]]),
    orders: new Map([1, 2, 3].map((id) => [id, `http://127.0.0.1:830${id}`])),
    threads: 1,
    cacheSize: 10,
    cacheTtlMs: null,
    restockMs: 10_000,
    restockTo: 100,
    orderQuorum: 2,
    balance: "round-robin",
    doors: {
      connectionsMax: 2_048,
      connectionsPerClient: 1_536,
      requestsPerClient: null,
      bodyBytesMax: 65_536,
      publicHosts: [],
    },
    secretFile: "data/secret",
    adminTokenFile: null,
    birth: null,
    recover: false,
    logLevel: "info",
    logFile: null,
    failpoint: null,
  });
});

test("a front-end has a public port and, in its list, an internal one", () => {
  const FRONTENDS = "1=http://127.0.0.1:8101,2=http://127.0.0.1:8102";
  const settings = read("frontend", { ID: "2", FRONTENDS });
  assert.deepEqual([settings.port, settings.internalPort], [8081, 8102]);
  assert.equal(read("frontend", { ID: "2", FRONTENDS, PORT: "9000" }).port, 9000);
});

test("flags win over the environment, in both spellings", () => {
  const environment = { ID: "1", CACHE_SIZE: "5", THREADS: "2" };
  const settings = read("frontend", environment, "--cache-size", "7", "--threads=3");
  assert.deepEqual([settings.cacheSize, settings.threads], [7, 3]);
});

test("an empty variable is one that is not set", () => {
  assert.equal(read("order", { ID: "1", CACHE_TTL_MS: "", LOG_LEVEL: "" }).logLevel, "info");
});

test("a list is read in any order, in IPv6 too", () => {
  const ORDERS = "2=http://[::1]:8302, 1=http://Order-1.local:8301/";
  const { orders, orderQuorum } = read("order", { ID: "2", ORDERS });
  assert.deepEqual([...orders], [[1, "http://order-1.local:8301"], [2, "http://[::1]:8302"]]);
  assert.equal(orderQuorum, 2);
});

test("a member listens where its list says that it is, unless it is told otherwise", () => {
  const ORDERS = "1=http://10.0.0.31:8301,2=http://[fd00::32]:8302,3=http://order-3.local:8303";
  const host = (ID: string, more = {}) => read("order", { ID, ORDERS, ...more }).host;
  const listed = ["10.0.0.31", "fd00::32", "order-3.local"];
  assert.deepEqual(["1", "2", "3"].map((id) => host(id)), listed);
  assert.equal(host("1", { HOST: "0.0.0.0" }), "0.0.0.0");
});

test("a quorum is a majority or more, or exactly one", () => {
  const five = [1, 2, 3, 4, 5].map((id) => `${id}=http://127.0.0.1:830${id}`).join(",");
  const quorum = (ORDERS: string, ORDER_QUORUM: string): number =>
    read("order", { ID: "1", ORDERS, ORDER_QUORUM }).orderQuorum;
  for (const value of ["1", "3", "4", "5"]) assert.equal(quorum(five, value), Number(value));
  for (const value of ["0", "2", "6", "-1", "1.5", "majority", "01"]) {
    const line = /^UsageError: ORDER_QUORUM .* must be 1 or from 3 to 5/;
    assert.throws(() => quorum(five, value), line);
  }
  assert.equal(quorum("1=http://127.0.0.1:8301", "1"), 1);
});

test("a store that never restocks is one with RESTOCK_MS=0", () => {
  assert.equal(read("catalog", { ID: "1", RESTOCK_MS: "0" }).restockMs, 0);
  assert.equal(read("catalog", { ID: "1", RESTOCK_MS: "10" }).restockMs, 10);
});

/** What is set beside ID=1, and the line after the variable and the value. */
const WRONG: [MemberKind, Record<string, string>, string][] = [
  ["order", { ID: "" }, "ID is missing: it must be an integer from 1 to 9"],
  ["order", { ID: "0" }, "ID 0: it must be an integer from 1 to 9"],
  ["order", { ID: "4" }, "ID 4: it must be one of those in ORDERS, which has 1, 2, 3"],
  ["order", { PORT: "9" }, "PORT 9: it must be 8301, that of ID 1 in ORDERS"],
  ["order", { PORT: "70000" }, "PORT 70000: it must be an integer from 1 to 65535"],
  ["frontend", { PORT: "8101" }, "PORT 8101: it must differ from that of FRONTENDS 1"],
  ["frontend", { PORT: "8302" }, "PORT 8302: it must differ from that of ORDERS 2"],
  ["order", { THREADS: "17" }, "THREADS 17: it must be an integer from 1 to 16"],
  ["order", { THREADS: "two" }, "THREADS two: it must be an integer from 1 to 16"],
  ["order", { RESTOCK_MS: "9" }, "RESTOCK_MS 9: it must be 0 for never or an integer from 10 to " +
    "86400000"],
  ["order", { CACHE_SIZE: "-1" }, "CACHE_SIZE -1: it must be an integer from 0 to 1000000"],
  ["order", { CACHE_SIZE: "1e3" }, "CACHE_SIZE 1e3: it must be an integer from 0 to 1000000"],
  ["order", { LOG_LEVEL: "loud" }, "LOG_LEVEL loud: it must be one of debug, info, warn, error"],
  ["order", { BIRTH: "a b" }, "BIRTH a b: it must be 1 to 64 of A-Z a-z 0-9 -"],
  ["order", { HOST: "a b" }, "HOST a b: it must be a host name or an address"],
  ["order", { RECOVER: "1" }, "RECOVER 1: it must be one of yes, no"],
];

test("a wrong value is one line: the variable, the value, what is allowed", () => {
  for (const [kind, environment, line] of WRONG) {
    const wrong = (): unknown => read(kind, { ID: "1", ...environment });
    assert.throws(wrong, { name: "UsageError", message: line });
  }
  const cars = () => read("order", { ID: "1", STORE: "cars" });
  assert.throws(cars, /STORE cars: .* one of .*\btoys\b/);
  assert.throws(() => read("order", { ID: "1", BALANCE: "x" }), /BALANCE x: .* one of round-robin/);
});

test("lists that no cluster can have are refused", () => {
  const lists = [
    "1", "1=127.0.0.1:8301", "1=https://127.0.0.1:8301", "1=http://127.0.0.1", "0=http://h:1",
    "10=http://h:1", "1=http://h:0", "1=http://h:65536", "1=http://h:1/path", "1=http://u:p@h:1",
    "1=http://h:1,1=http://h:2", "1=http://h:1,2=http://h:1", "1=http://h:1,,", "1=http://h:1?q",
    "1=http://127.0.0.1:8201",
  ];
  for (const ORDERS of lists) {
    assert.throws(() => read("order", { ID: "1", ORDERS }), /^UsageError: ORDERS /, ORDERS);
  }
});

test("unknown and broken flags are wrong use, on one line", () => {
  for (const args of [["--cash-size", "1"], ["--cache-size"], ["x"], ["--cache-size="],
    ["--threads", "1", "--threads", "2"], ["-h"], ["--a\nb"]]) {
    assert.throws(() => readSettings("order", { ID: "1" }, args), (error) => {
      return error instanceof UsageError && !error.message.includes("\n");
    });
  }
});

test("help: two examples, then settings with defaults, then exit codes", () => {
  const [title, first, second, blank, options] = helpText("order").split("\n");
  assert.match(title!, /^Examples/);
  assert.match(first!, /order\/main.ts/);
  assert.match(second!, /order\/main.ts/);
  assert.equal(blank, "");
  assert.match(options!, /^Settings/);
  assert.match(helpText("order"), /CACHE_SIZE +--cache-size +entries a thread.*\(10\)\n/);
  assert.match(helpText("order"), /Exit codes: 0 .* 1 .* 2 wrong use\n$/);
});
