/** What a store keeps of how it was started, and how it notices that it is asked otherwise. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { environmentOf, keptEnvironment, membersOf } from "../../../client/launcher/layout.ts";
import {
  DEFAULT_SETTINGS, differences, keepSettings, readKeptSettings, settingsFile,
} from "../../../client/launcher/settings.ts";
import { ownFolder } from "./own_folder.ts";

test("settings come back as they were kept", (t) => {
  const folder = ownFolder(t);
  mkdirSync(join(folder, "run"));
  assert.equal(readKeptSettings(folder), null);
  const settings = { ...DEFAULT_SETTINGS, orders: 5, environment: { ORDER_QUORUM: "1" } };
  keepSettings(folder, settings);
  assert.deepEqual(readKeptSettings(folder), settings);
  for (const text of ["", "[]", "null", '{"store":"toys"}']) {
    writeFileSync(settingsFile(folder), text);
    assert.throws(() => readKeptSettings(folder), /settings\.json is not what start\.sh wrote/);
  }
});

test("no other variable gets from the file into a member's process, and nothing but text", (t) => {
  const folder = ownFolder(t);
  mkdirSync(join(folder, "run"));
  for (const [environment, why] of [
    [{ NODE_OPTIONS: "--import=./evil.js" }, /settings\.json: in "environment" "NODE_OPTIONS" is/],
    [{ BALANCE: "round-robin", PATH: "/tmp" }, /"PATH" is not allowed; strings for HOST, .* are$/],
    [{ ORDER_QUORUM: 1 }, /in "environment" ORDER_QUORUM is not a string/],
    [{ HOST: null }, /HOST is not a string/],
  ] as const) {
    writeFileSync(settingsFile(folder), JSON.stringify({ ...DEFAULT_SETTINGS, environment }));
    assert.throws(() => readKeptSettings(folder), (error: Error) => {
      assert.equal(error.name, "LaunchError");
      assert.match(error.message, why);
      return !error.message.includes("\n");
    });
  }
  const hosts = { "order-1": 7 };
  writeFileSync(settingsFile(folder), JSON.stringify({ ...DEFAULT_SETTINGS, hosts }));
  assert.throws(() => readKeptSettings(folder), /settings\.json is not what start\.sh wrote/);
});

test("only what was said can differ", () => {
  const kept = { ...DEFAULT_SETTINGS, environment: { ORDER_QUORUM: "1" } };
  assert.deepEqual(differences({}, kept), []);
  assert.deepEqual(differences({ orders: 3, environment: { ORDER_QUORUM: "1" } }, kept), []);
  assert.deepEqual(differences({ orders: 5, store: "books" }, kept), [
    "--store toys, not books", "--orders 3, not 5",
  ]);
  assert.deepEqual(differences({ environment: { RESTOCK_TO: "7" } }, kept), [
    "RESTOCK_TO not set, not 7",
  ]);
});

test("the ports of a store follow from its base", () => {
  const counts = { frontends: 2, catalogs: 2, orders: 3 };
  const members = membersOf({ ...DEFAULT_SETTINGS, ...counts });
  assert.deepEqual(members.map(({ name, ports }) => [name, ...ports]), [
    ["catalog 1", 8201], ["catalog 2", 8202],
    ["order 1", 8301], ["order 2", 8302], ["order 3", 8303],
    ["frontend 1", 8080, 8101], ["frontend 2", 8081, 8102],
  ]);
  assert.equal(members.at(-1)!.publicUrl, "http://127.0.0.1:8081");
});

test("a member with an address of its own listens there and is reached there", () => {
  const hosts = { "order-2": "10.0.0.7", "frontend-1": "10.0.0.8" };
  const members = membersOf({ ...DEFAULT_SETTINGS, hosts });
  assert.deepEqual(members.map(({ publicUrl, internalUrl }) => publicUrl ?? internalUrl), [
    "http://127.0.0.1:8201",
    "http://127.0.0.1:8301", "http://10.0.0.7:8302", "http://127.0.0.1:8303",
    "http://10.0.0.8:8080",
  ]);
  const settings = { ...DEFAULT_SETTINGS, hosts };
  const store = { settings, dataDir: "/data", environment: { HOST: "" } };
  const [first, second] = members.filter(({ kind }) => kind === "order")
    .map((member) => environmentOf(member, store));
  assert.deepEqual([first!.HOST, second!.HOST], ["", "10.0.0.7"]);
  assert.equal(first!.FRONTENDS, "1=http://10.0.0.8:8101");
  assert.equal(first!.ORDERS, second!.ORDERS);
});

test("a member gets the caller's environment, and its own place in the store on top", () => {
  const settings = { ...DEFAULT_SETTINGS, environment: { HOST: "0.0.0.0" } };
  const order = membersOf(settings).find((member) => member.name === "order 2")!;
  const environment = environmentOf(order, {
    settings,
    dataDir: "/data",
    environment: { FAILPOINT: "x", ID: "9", PORT: "1", ORDERS: "1=http://elsewhere:1", BIRTH: "b" },
  });
  assert.deepEqual(environment, {
    FAILPOINT: "x", ID: "2", PORT: "8302", HOST: "0.0.0.0", STORE: "toys", DATA_DIR: "/data",
    LOG_FILE: "/data/log/order-2.log", THREADS: "1", CACHE_SIZE: "10",
    FRONTENDS: "1=http://127.0.0.1:8101",
    CATALOGS: "1=http://127.0.0.1:8201",
    ORDERS: "1=http://127.0.0.1:8301,2=http://127.0.0.1:8302,3=http://127.0.0.1:8303",
  });
  assert.deepEqual(keptEnvironment({ LOG_LEVEL: "debug", BALANCE: "" }, "/"), {});
});
