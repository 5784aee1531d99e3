/** A finder that is closed: whoever goes on asking must not keep the process from ending. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { monotonicMs, systemClock } from "../../shared/clock.ts";
import { LeaderFinder } from "../../shared/cluster/leader_finder.ts";
import { createLog } from "../../shared/logging.ts";
import { group } from "./fake_replica.ts";

test("asking a closed finder again and again leaves the event loop its turns", async () => {
  const { members } = group(1);
  const log = createLog({ member: "frontend-1", level: "error" });
  const surroundings = { members, log, clock: systemClock, random: () => 0 };
  const finder = new LeaderFinder({ ...surroundings, nominate: false });
  finder.start();
  finder.close();
  let isOver = false;
  setTimeout(() => (isOver = true), 20);
  const deadlineMs = monotonicMs() + 2_000;
  while (!isOver) {
    assert(monotonicMs() < deadlineMs, "a timer of 20 ms fires within two seconds");
    await assert.rejects(finder.wait(deadlineMs), { reason: "unavailable" });
  }
});
