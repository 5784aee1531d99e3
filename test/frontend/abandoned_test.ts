/** Whatever a client has asked for: when it hangs up, nobody waits for that any more. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { nobodyWaits } from "../../shared/threads/asker.ts";
import { turn } from "../support/hand_clock.ts";
import { startPublicApi } from "./public_api.ts";

const BODY = '{"name":"Tux","quantity":1}';
const ORDER = `Content-Type: application/json\r\nContent-Length: ${BODY.length}`;

for (const [line, kind, store, more = ""] of [
  ["GET /products/Tux", "lookup", "toys"],
  ["GET /products?q=u", "list", "toys"],
  ["GET /orders/7", "find", "toys"],
  ["POST /orders", "place", "toys", `${ORDER}\r\n\r\n${BODY}`],
  ["GET /lookup/7", "name", "books"],
  ["POST /buy/7", "name", "books"],
  ["POST /buy/7", "place_within", "books"],
] as const) {
  test(`${line}: the ask ${kind} is for the client, and only as long as it is there`, async (t) => {
    const api = await startPublicApi(t, { store });
    const { owner } = api;
    owner.answers["name"] = () => "Tux";
    let drop = (): void => {};
    owner.answers[kind] = () => new Promise((_, reject) => (drop = () => reject(nobodyWaits())));
    const socket = connect(api.port, "127.0.0.1");
    socket.write(`${line} HTTP/1.1\r\nHost: x\r\n${more === "" ? "\r\n" : more}`);
    while (owner.asked.at(-1)?.kind !== kind) await turn();
    const asker = owner.askers.at(-1)!;
    assert.equal(asker.isGone, false);
    socket.resetAndDestroy();
    while (!asker.isGone) await turn();
    drop();
  });
}
