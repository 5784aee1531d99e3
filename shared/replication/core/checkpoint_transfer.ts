/**
 * Catching up where the rows are gone: a replica whose last good row lies
 * before the first that the other still has takes the other's checkpoint and
 * goes on with the rows behind it (Raft, section 7; fetched here, as all that
 * was missed is).
 *
 *   read_log after 7     ──▶           log: 21 … 34, checkpoint after row 30
 *                        ◀── dropped
 *   read_checkpoint      ──▶ ◀── piece by piece, each says of which checkpoint
 *   whole, its checksum proven: it takes the place of log and state
 *   read_log after 30    ──▶ ◀── 31 …
 *
 * What a checkpoint holds is committed, so taking one never takes back what
 * this replica knows to be so; and where the own log has the checkpoint's row,
 * it has all that the checkpoint stands for, and only goes on from there. Until
 * the last piece has come and the whole is proven, nothing of the own is
 * touched; a sender that meanwhile keeps a newer one makes it begin again.
 */
import { commitThrough, install } from "./transitions.ts";
import { fetchFrom, fetchPiece, isAwaited, isShownTo } from "./follower.ts";
import type {
  CheckpointName, CheckpointPage, CheckpointPiece, ReadCheckpoint,
} from "./messages.ts";
import { onMatched } from "./recovery.ts";
import type { Incoming, ReplicaConfig, Turn } from "./replica_state.ts";

/** Leader or voter: a piece of the own checkpoint. */
export function onReadCheckpoint(turn: Turn, token: number, message: ReadCheckpoint): void {
  const { term, offset } = message;
  if (isShownTo(turn, message)) {
    turn.out.push({ kind: "piece", token, term, offset });
    return;
  }
  const reply = { kind: "checkpoint_page", term: turn.state.term, piece: null } as const;
  turn.out.push({ kind: "reply", token, reply });
}

/** A piece, for whoever was told that its rows are gone. */
export function onCheckpointPage(
  turn: Turn,
  from: number,
  question: ReadCheckpoint,
  answer: CheckpointPage | null,
): void {
  const { state } = turn;
  if (!isAwaited(turn, from, question)) return;
  const piece = answer !== null && answer.term === state.term ? answer.piece : null;
  if (piece === null) {
    // A follower goes on with the next heartbeat; a nominee has lost its voter.
    state.catchUp = null;
    return;
  }
  if (state.log.holds(piece.at)) return goOn(turn, from, piece.at.index);
  const incoming = join(state.config, state.incoming, piece);
  state.incoming = incoming;
  if (incoming === null || incoming.text.length < incoming.length) return fetchPiece(turn, from);
  state.incoming = null;
  if (!isProven(state.config, incoming)) {
    // It came whole and is another, or none: from the beginning, but not at once.
    state.catchUp = null;
    return;
  }
  install(turn, incoming);
  goOn(turn, from, incoming.at.index);
}

/** The own log is the other's up to this row, and that is committed: what follows are rows. */
function goOn(turn: Turn, from: number, index: number): void {
  commitThrough(turn, index);
  onMatched(turn, index);
  fetchFrom(turn, from, turn.state.commitIndex);
}

/** What has come so far, with this piece; null: it is of another checkpoint, begin again. */
function join(
  { checksumOf }: ReplicaConfig,
  before: Incoming | null,
  { at, length, checksum, offset, text }: CheckpointPiece,
): Incoming | null {
  const name = { at, length, checksum };
  const first = before ?? { ...name, text: "", sum: 0 };
  if (!isSame(first, name) || offset !== first.text.length) return null;
  return { ...first, text: first.text + text, sum: checksumOf(text, first.sum) };
}

function isSame(one: CheckpointName, other: CheckpointName): boolean {
  return (
    one.at.index === other.at.index &&
    one.at.checksum === other.at.checksum &&
    one.length === other.length &&
    one.checksum === other.checksum
  );
}

function isProven({ isSnapshot }: ReplicaConfig, incoming: Incoming): boolean {
  const { at, text, length, sum, checksum } = incoming;
  return text.length === length && sum === checksum && isSnapshot(text, at.index);
}
