/** Checkpoints of another replica: read whole, or refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCheckpoint, writeCheckpoint } from "../../../catalog/state/state_checkpoint.ts";
import { CatalogState } from "../../../catalog/state/catalog_state.ts";

function someText(): string {
  const state = new CatalogState([
    { name: "Fish", price: 1.5, quantity: 5, traits: { id: 1, topic: "Sea", max_volume: 9 } },
    { name: "Tux", price: 15.99, quantity: 10, traits: { id: 2 } },
    { name: "Whale", price: 34, quantity: 0 },
  ]);
  const sale = { kind: "sale", name: "Tux", type: "buy", quantity: 2, settled: 0 } as const;
  state.apply(1, { kind: "open", initial: state.initial });
  state.apply(2, { ...sale, key: "a", sale: 1 });
  state.apply(3, { ...sale, key: "b", sale: 2 });
  state.apply(4, { kind: "remove", name: "Fish", quantity: -5 });
  return state.snapshot();
}

/** Of a text that is good, what is put in the place of what. */
const WRONG: Record<string, [what: string | RegExp, by: string]> = {
  "nothing": [/[^]*/, ""],
  "no JSON": [/^/, "x"],
  "no object": [/^[^\n]*/, "7"],
  "a head without a field": [/"settled":0,/, ""],
  "another format": [/"format":2/, '"format":3'],
  "a row that is none": [/"index":4/, '"index":-1'],
  "a name too long for a checksum": [/"initial":"/, '"initial":"0123456789'],
  "half a fence": [/"fence":\[0,0\]/, '"fence":[7]'],
  "a fence of text": [/"fence":\[0,0\]/, '"fence":["7",1]'],
  "more products than it says": [/"products":3/, '"products":2'],
  "fewer lines": [/\[2,"b".*\n/, ""],
  "a product that is none": [/\["Tux".*/, "null"],
  "a product without a name": [/\["Tux"/, "[7"],
  "a price below zero": [/15\.99/, "-15.99"],
  "a quantity below zero": [/\["Whale",34,0,0,0,0/, '["Whale",34,-1,0,-1,0'],
  "a count that is none": [/\["Whale",34,0/, '["Whale",34,null'],
  "books that do not balance": [/15\.99,6/, "15.99,7"],
  "a version of a later row": [/15\.99,6,3/, "15.99,6,5"],
  "a product twice": [/\["Whale",34/, '["Tux",34'],
  "an id twice": [/"id":2/, '"id":1'],
  "a life that is none": [/"isHere":false/, '"isHere":0'],
  "a trait that is none": [/"topic":"Sea"/, '"topik":"Sea"'],
  "an id that is none": [/"id":2/, '"id":-2'],
  "more traded before than there was": [/"tradedBefore":0/, '"tradedBefore":3'],
  "a sale out of turn": [/\[2,"b"/, '[3,"b"'],
  "a key twice": [/\[2,"b"/, '[2,"a"'],
  "a key that is none": [/\[2,"b"/, '[2,"b,c"'],
  "a sale of an unknown type": [/"b","Tux","buy"/, '"b","Tux","give"'],
  "a sale of nothing": [/"b","Tux","buy",2/, '"b","Tux","buy",0'],
};

test("a checkpoint reads as it was written", () => {
  assert.equal(writeCheckpoint(readCheckpoint(someText())), someText());
});

for (const [what, [find, by]] of Object.entries(WRONG)) {
  test(`no checkpoint: ${what}`, () => {
    const text = someText().replace(find, by);
    assert.notEqual(text, someText());
    assert.throws(() => readCheckpoint(text), { name: "AppError", reason: "bad_request" });
  });
}
