/**
 * What can be done to a world, as data: a history decides by chance which
 * comes next, a script holds a list of them. One that cannot be done any more
 * (restart a replica that runs, flush a disk that has nothing to do) is passed
 * over, so that a script from which something was left out can still be played.
 */
import type { Node } from "./node.ts";
import type { World } from "./world.ts";

export type NodeAction = { node: number } & (
  | { kind: "flush"; count: number }
  | { kind: "tick" }
  | { kind: "nominate"; handover: number | null }
  | { kind: "propose"; payloads: readonly string[] }
  | { kind: "confirm" }
  /** Its service met a fence of a term so much above its own. */
  | { kind: "outrank"; above: number }
  | { kind: "crash"; flushed: number; tornRows: number }
  /** For the reader: what it is sent reaches it when it wakes. */
  | { kind: "sleep" }
  /** Crash after so many more outputs, between any two effects of a later step; Infinity: not. */
  | { kind: "crash soon"; outputs: number }
  | { kind: "damage"; rowsKept: number; keepsPromise: boolean }
  | { kind: "restart" }
);

export function perform(world: World, action: NodeAction): void {
  const node = world.node(action.node);
  if (action.kind === "nominate") world.nominate(node.id, action.handover);
  else if (node.alive) performAlive(world, node, action);
  else if (action.kind === "restart") world.restart(node);
  else if (action.kind === "damage") world.damage(node, action.rowsKept, action.keepsPromise);
}

function performAlive(world: World, node: Node, action: NodeAction): void {
  switch (action.kind) {
    case "flush":
      if (world.canFlush(node, action.count)) world.flush(node, action.count);
      return;
    case "tick":
      return world.input(node, { kind: "tick" });
    case "propose":
      if (node.state.leading?.open === true) world.propose(node, action.payloads);
      return;
    case "confirm":
      world.askConfirm(node);
      return;
    case "outrank":
      return world.outrank(node, action.above);
    case "sleep":
      return world.trace?.(`${node.id} sleeps`);
    case "crash":
      return world.crash(node, action.flushed, action.tornRows);
    case "crash soon":
      node.outputsLeft = action.outputs;
      return;
  }
}
