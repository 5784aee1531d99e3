/**
 * Whole stores whose admin adds and takes away pieces while faults rain: each
 * of his changes happens once or not at all, and nobody sees the stock of
 * before once he has his answer.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../random.ts";
import { drawPlan, type Plan } from "./plan.ts";
import { play } from "./run.ts";
import { Violation } from "./violation.ts";

const SEEDS = 60;
const CHANGES = 15;
/** Beside those of the run itself. */
const STREAM = 7;

/** Each change is of another number of pieces, so that it can be told from the others. */
function withAdmin(plan: Plan): Plan {
  const random = new Random(plan.seed * 8 + STREAM);
  const changes = Array.from({ length: CHANGES }, (_, nth) => ({
    kind: "admin" as const,
    atMs: random.next() * plan.faultsMs,
    client: 1_000 + nth,
    frontend: 1 + random.below(plan.sizes.frontends),
    name: random.pick(plan.products).name,
    added: (random.chance(0.3) ? -1 : 1) * (10 + nth),
  }));
  return { ...plan, events: [...plan.events, ...changes] };
}

async function playSeed(seed: number, counts: Map<string, number>): Promise<string | null> {
  const plan = drawPlan(seed);
  if (2 * plan.sizes.orderQuorum <= plan.sizes.orders) return null;
  try {
    await play(withAdmin(plan), { counts });
    return null;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return `seed ${seed}: ${error.message}`;
  }
}

test(`the admin's changes hold in ${SEEDS} random histories`, async () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    assert.equal(await playSeed(seed, counts), null);
  }
  for (const answer of ["answers: admin 200", "answers: admin 503", "answers: admin 409"]) {
    assert((counts.get(answer) ?? 0) > 0, `${answer}: met in none of them`);
  }
});
