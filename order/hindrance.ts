/**
 * What keeps an order leader from selling while another one could: a full
 * disk of its own, a catalog that it alone does not reach.
 */
import { CATALOG_LOST_MS } from "../shared/limits.ts";
import type { Hindrance } from "../shared/replication/unfit_leader.ts";
import type { ReplicaHealth } from "../shared/messages/messages.ts";

export function hindranceOf(leader: { isFull: boolean; catalogLostMs: number }): Hindrance | null {
  if (leader.isFull) return { why: "its disk is full", isFit };
  if (leader.catalogLostMs < CATALOG_LOST_MS) return null;
  return { why: "it does not reach the catalog", isFit };
}

/** Both, whatever the leader lacks: else two that lack one each would lead in turn. */
function isFit({ full, details }: ReplicaHealth): boolean {
  return !full && details["catalog"] === true;
}
