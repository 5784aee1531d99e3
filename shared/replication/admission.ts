/**
 * The door of a replica: what of a message does not reach the state machine,
 * for reasons that are none of its rules.
 */
import { AppError } from "../errors.ts";
import { climb } from "../terms.ts";
import { checkRequest } from "./credible.ts";
import type { DiskSpace } from "./storage/disk_space.ts";
import type { Lead, Replicate, Request } from "./core/messages.ts";
import type { RowDoor } from "./row_door.ts";
import type { ReplicaState } from "./core/replica_state.ts";

export interface Situation {
  state: ReplicaState;
  rows: Pick<RowDoor, "check">;
  room: Pick<DiskSpace, "isFull" | "takesRows">;
  /** It stops for good, or asks another to lead in its place just now. */
  isLeaving: boolean;
  /** Enters what may be entered at once of a term that is too far above the own. */
  climbTowards: (term: number) => void;
}

/**
 * The message as the replica may see it.
 * @throws bad_request, conflict; unavailable to a nomination that can come to nothing good
 */
export function admit(message: Request, situation: Situation): Request {
  const { state, rows, room, climbTowards } = situation;
  checkRequest(state, message);
  if ("term" in message && message.term > climb(state.term, message.term)) {
    // A leader so far above is followed yet: its next message finds this replica nearer.
    if (message.kind === "replicate") climbTowards(message.term);
    throw new AppError("bad_request", "Its term is too far above the own");
  }
  if (message.kind === "lead") checkLead(message, situation);
  if (message.kind !== "replicate" || message.rows.length === 0) return message;
  if (!room.takesRows) return withoutRows(message);
  if (message.term >= state.term) rows.check(state.log, message.prev, message.rows);
  return message;
}

function checkLead({ handover }: Lead, { room, isLeaving }: Situation): void {
  if (isLeaving) throw leaving();
  // A group whose disks are all full still has a leader, for reading. But none with room of its
  // own gives way to one without, and who could not even take over the log must not try.
  if (handover !== null ? room.isFull : !room.takesRows) {
    throw new AppError("unavailable", "This replica's disk is full");
  }
}

/**
 * What the leader's next heartbeat would say had it sent these rows: who has
 * them confirms them, who has not is behind, and fetches when there is room.
 * So a full follower goes on hearing its leader, and the leader is confirmed.
 */
function withoutRows(message: Replicate): Replicate {
  return { ...message, prev: message.rows.at(-1)!, rows: [] };
}

/** What a replica that stops says to whoever nominates it, or still waits for it. */
export function leaving(): AppError {
  return new AppError("unavailable", "This replica is stopping, or another is about to lead");
}
