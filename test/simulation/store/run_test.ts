/**
 * A run must see what goes wrong, whatever it is: something is broken at its
 * end that no fault breaks, and the run has to fail for just that.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { calmPlan } from "./calm_plan.ts";
import { play, type RunOptions } from "./run.ts";
import { Violation } from "./violation.ts";

async function outcome(meddle: NonNullable<RunOptions["meddle"]>, plan = calmPlan()) {
  try {
    await play(plan, { counts: new Map(), meddle });
    return "nothing broke";
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return error.message;
  }
}

type Meddle = NonNullable<RunOptions["meddle"]>;

const BROKEN: [string, RegExp, Meddle][] = [
  ["the catalog never comes back", /^without faults all goes on: front-end 1 sells again, not in/,
    ({ town }) => town.crash(town.home("catalog 1"), false)],
  ["a front-end never comes back", /^without faults all goes on: front-end 2 sells again, not in/,
    ({ town }) => town.crash(town.home("frontend 2"), false)],
  ["a follower never comes back", /^without faults all goes on: the logs of a group are equal/,
    ({ town }) => town.crash(town.home("order 1"), false)],
  ["a member has a bug", /^members have no bugs: order 2: a bug$/,
    ({ town }) => {
      const { machine } = town.home("order 2");
      machine.onBug(new Error("a bug"), machine);
    }],
  ["a sound disk is called damaged", /^a disk that is sound is taken for sound: order 1: .*on disk/,
    ({ town }) => {
      const home = town.home("order 1");
      town.crash(home, false);
      home.disk!.damage("cut short");
      town.restart(home);
    }],
  ["an answer that breaks a rule", /^an acknowledged order is in the log as it was made: order 77/,
    ({ operations }) => {
      const bought = operations.find(({ kind, status }) => kind === "order" && status === 200)!;
      operations.push({ ...bought, number: 77, key: "nobody's" } as typeof bought);
    }],
];

test("a calm run breaks nothing", async () => {
  assert.equal(await outcome(() => {}), "nothing broke");
});

for (const [name, message, meddle] of BROKEN) {
  test(`${name}: the run fails`, async () => {
    assert.match(await outcome(meddle), message);
  });
}
