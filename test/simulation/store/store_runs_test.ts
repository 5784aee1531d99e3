/**
 * Runs of each store, with its own words: shares are bought and sold up to a
 * bound, books are asked for by id and topic, and in all of them an admin sets
 * prices and stock, and makes and removes toys and books, while faults rain.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOfRun } from "./coverage.ts";
import { drawPlan } from "./plan.ts";
import { play } from "./run.ts";
import { Violation } from "./violation.ts";
import { STORE_NAMES, type StoreName } from "./wares.ts";

const SEEDS = 40;

const CAME_AND_WENT = ["make 200", "remove 200", "product 404", "order 404"];
const MET: Readonly<Record<StoreName, readonly string[]>> = {
  toys: [...CAME_AND_WENT, "order 200", "order 409", "list 200", "admin 200"],
  stocks: ["order 200", "sell 200", "sell 409", "over the volume", "order 422"],
  books: [
    ...CAME_AND_WENT, "product by id 404", "make 409", "remove 404", "order 200",
    "product by id 200", "list of a topic 200", "admin 200", "admin 503",
  ],
};

async function playSeed(
  seed: number,
  store: StoreName,
  counts: Map<string, number>,
): Promise<string | null> {
  try {
    await play(drawPlan(seed, new Set(), { store }), { counts });
    return null;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return `seed ${seed}: ${error.message}`;
  }
}

for (const store of STORE_NAMES) {
  test(`${store}: ${SEEDS} random histories break no promise`, async () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      assert.equal(await playSeed(seed, store, counts), null);
    }
    const wanted = [
      ...MET[store].map((answer) => `answers: ${answer}`),
      kindOfRun(store, 1, 2),
      kindOfRun(store, 3, 2),
    ];
    for (const name of wanted) {
      assert((counts.get(name) ?? 0) > 0, `${name}: met in none of them`);
    }
  });
}
