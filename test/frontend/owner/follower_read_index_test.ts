/** From which row on a follower may answer, by what the leader has told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FollowerReadIndex } from "../../../frontend/owner/follower_read_index.ts";
import { TOLD_NAMES_MAX } from "../../../shared/limits.ts";

function leased({ since = 10, visible = 10 } = {}): FollowerReadIndex {
  const told = new FollowerReadIndex();
  told.begin(since);
  told.see(visible);
  return told;
}

test("before the first lease only the leader can answer", () => {
  const told = new FollowerReadIndex();
  told.see(1_000);
  assert.equal(told.leastOf("Tux"), null);
  assert.equal(told.leastOfAll(), null);
});

test("what was on its way as the lease began is waited for", () => {
  const told = leased({ since: 12, visible: 10 });
  assert.equal(told.leastOf("Tux"), null);
  told.see(12);
  assert.equal(told.leastOf("Tux"), 12);
  assert.equal(told.leastOfAll(), 12);
});

test("a change is waited for where it matters: at its product, and at every list", () => {
  const told = leased();
  told.change(["Tux"], 14);
  assert.equal(told.leastOf("Tux"), null);
  assert.equal(told.leastOfAll(), null);
  assert.equal(told.leastOf("Fox"), 10);
  told.see(20);
  assert.equal(told.leastOf("Tux"), 14);
  assert.equal(told.leastOfAll(), 14);
  assert.equal(told.leastOf("Fox"), 10);
});

test("what comes late takes nothing back", () => {
  const told = leased({ visible: 30 });
  told.change(["Tux"], 20);
  told.change(["Tux"], 15);
  told.see(5);
  assert.equal(told.visible, 30);
  assert.equal(told.leastOf("Tux"), 20);
});

test("another lease begins where its leader is, whatever was told before", () => {
  const told = leased({ visible: 30 });
  told.change(["Tux"], 20);
  told.begin(25);
  assert.equal(told.leastOf("Tux"), 25);
});

test("the names told of first are forgotten beyond the limit, and counted with the others", () => {
  const told = leased({ since: 0, visible: 1e6 });
  told.change(["Tux"], 1);
  told.change(["Fox"], 2);
  told.change(["Tux"], 3);
  for (let at = 0; at < TOLD_NAMES_MAX - 1; at++) told.change([`toy-${at}`], 10 + at);
  assert.equal(told.leastOf("Tux"), 3, "it was told of again");
  assert.equal(told.leastOf("Fox"), 2, "as all that nothing is known of");
  assert.equal(told.leastOf("Yak"), 2);
  told.change(["Yak"], 1e6);
  assert.equal(told.leastOf("Fox"), 3);
});
