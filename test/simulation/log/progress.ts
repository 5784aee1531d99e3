/**
 * The second phase of a history: nothing fails any more, and the group has to
 * go on within known bounds. What is still on its way from before (a message
 * that takes a second and a half, a copy that takes four) is part of it.
 */
import type { NodeAction } from "./actions.ts";
import { lastIndexOf } from "./disk.ts";
import { Violation } from "./judge.ts";
import type { Node } from "./node.ts";
import type { World } from "./world.ts";

const WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 100;

export interface Mended {
  world: World;
  do: (action: NodeAction) => void;
  /** Simulated time goes on so far. */
  runFor: (ms: number) => void;
}

/** Some replica must come to lead, and one more row reach every disk. @throws Violation */
export function demandProgress(mended: Mended): void {
  const { world } = mended;
  const untilMs = world.nowMs + WITHIN_MS;
  let proposedIn = 0;
  while (world.nowMs < untilMs) {
    if (!world.isJudged) fenceOut(mended);
    const leader = world.nodes.find(({ state }) => state.leading?.open === true);
    if (leader === undefined) nominateHighest(mended);
    else if (leader.state.term !== proposedIn) {
      proposedIn = leader.state.term;
      mended.do({ kind: "propose", node: leader.id, payloads: ["last"] });
    } else if (world.nodes.every((node) => isEqual(node, leader))) return;
    mended.runFor(LOOK_EVERY_MS);
  }
  throw new Violation("progress", `no equal logs ${WITHIN_MS} ms after the last fault`);
}

/** Where one copy commits, several may lead: the catalog's fence leaves the latest of them. */
function fenceOut({ world, do: perform }: Mended): void {
  const leaders = world.nodes.filter(({ state }) => state.leading !== null);
  const highest = Math.max(...leaders.map(({ state }) => state.term));
  const stays = leaders.findLast(({ state }) => state.term === highest);
  for (const node of leaders) {
    const above = highest - node.state.term;
    if (node !== stays) perform({ kind: "outrank", node: node.id, above });
  }
}

/** As front-ends do: the highest id that is not recovering. */
function nominateHighest({ world, do: perform }: Mended): void {
  const able = world.nodes.filter(({ alive, state }) => alive && state.recovering === null);
  const highest = able.at(-1);
  if (highest !== undefined) perform({ kind: "nominate", node: highest.id, handover: null });
}

/** A follower's log as the leader's, all of it committed and on disk. */
function isEqual({ state, disk }: Node, { state: leader }: Node): boolean {
  return (
    leader.commitIndex === leader.log.lastIndex &&
    state.commitIndex === leader.commitIndex &&
    state.log.lastIndex === leader.commitIndex &&
    state.log.last.checksum === leader.log.last.checksum &&
    lastIndexOf(disk) === leader.commitIndex &&
    !disk.isRecovering
  );
}
