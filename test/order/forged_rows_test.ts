/**
 * Rows in the leader's name that make no sense, to replicas as they run: each is refused before
 * anything has seen it, no process ends of it, and the store sells on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRow } from "../../shared/replication/storage/row_format.ts";
import { SmallStore } from "./small_store.ts";

const SALE = "t,sale,Tux,buy,1,15.99";

/** Behind the opening row, a fence, and one sale of one of 1,000 pieces. */
const CATALOG_ROWS: Record<string, string> = {
  "nothing": "",
  "an unknown kind": "t,gift,Tux,,1,,,,,,,,,",
  "a quote that is not closed": 't,restock,"Tux,,1,,,,,,,,,',
  "other first products": "t,open,,,,,,,,,0badcafe,,,",
  "a fence that falls": "t,fence,,,,,,,,0.1,,,,",
  "a sale of no product": "t,sale,Lego,buy,1,15.99,k,2,0,,,,,",
  "a sale out of turn": `${SALE},k,3,0,,,,,`,
  "a sale of too much": "t,sale,Tux,buy,1000,15.99,k,2,0,,,,,",
  "a sale that settles itself": `${SALE},k,2,2,,,,,`,
  "a sale under a known key": `${SALE},first,2,0,,,,,`,
  "a stock below nothing": "t,stock,Tux,,-1000,,,,,,,,,",
  "a product that is here": "t,product,Tux,,1,1,,,,,,,,",
};

/** Behind the opening row and order 1. */
const ORDER_ROWS: Record<string, string> = {
  "nothing": "",
  "too few columns": "2,t,Tux,buy,1,k",
  "a number again": "1,t,Tux,buy,1,k,2",
  "a number left out": "3,t,Tux,buy,1,k,2",
  "an unknown type": "2,t,Tux,give,1,k,2",
};

for (const [group, rows] of [["catalogs", CATALOG_ROWS], ["orders", ORDER_ROWS]] as const) {
  test(`forged rows are refused by ${group}, which go on`, async (t) => {
    const store = await SmallStore.open(t, { catalogs: 3 });
    await store.pass(500);
    const replica = store[group][1]!;
    const leader = store[group].findIndex(({ service }) => service.leading) + 1;
    assert(leader > 0 && leader !== 2);
    const log = replica.disk.textOf("log.csv")!;
    const [index, term] = log.trimEnd().split("\n").at(-1)!.split(",").map(Number);
    const checksum = Number.parseInt(log.trimEnd().slice(-8), 16);
    const prev = { index: index!, term: term!, checksum };
    for (const [what, payload] of Object.entries(rows)) {
      const { text } = formatRow(prev.index + 1, prev.term, payload, checksum);
      const message = { term: prev.term, leader, prev, commit: prev.index, round: 1, vouch: null };
      const asked = replica.service.handle("POST /replicate", { ...message, rows: `${text}\n` });
      await assert.rejects(store.settle(asked), ({ reason }: { reason: string }) => {
        return reason === "bad_request" || reason === "conflict";
      }, what);
      assert.equal(replica.disk.textOf("log.csv"), log, what);
    }
    assert.equal((await store.buy("second")).code, "ordered");
    await store.pass(500);
    assert(replica.service.lastIndex > prev.index, "it has followed");
  });
}
