/**
 * Planted bugs: mistakes that are easy to make in this design, each of them
 * known to lose a row, to elect two leaders or to read what is out of date
 * (section 5.2 of the first study of the protocol, and the literature). A
 * simulator that does not find them has proved nothing. They live here as
 * replacements of text, applied to a copy: production code knows no switch.
 *
 * Three that are known elsewhere do no harm here, and no search found any:
 * - A follower acknowledges its own length, or commits up to it: the first rows
 *   that a leader sends begin with the opening row of its term, and behind a
 *   row of a leader's term stand only rows of that leader.
 * - The vote, but not the term, is forgotten: who does not know whom it
 *   promised a term to gives that term to nobody.
 */
import type { Edit } from "../store/mutants.ts";

/** Files are those of shared/replication/. */
export interface LogMutant extends Edit {
  name: string;
  effect: string;
  /** The case in which a search finds it; chance hardly does. */
  searchCase?: string;
  /** Other guards against the same mistake, which fall with it. */
  also?: readonly Edit[];
}

export const LOG_MUTANTS: readonly LogMutant[] = [
  {
    name: "the nominee keeps its own log",
    file: "election.ts",
    find: "if (isNewer(last, best.last)) best = { from, last };",
    replace: "void [isNewer, last, from];",
    effect: "the highest id comes back with an old log and leads with it",
  },
  {
    name: "the longest log wins",
    file: "election.ts",
    find: "return one.term !== other.term ? one.term > other.term : one.index > other.index;",
    replace: "return one.index > other.index;",
    effect: "many rows of a dead leader beat one committed row of a later term",
  },
  {
    name: "own vote counted before it is on disk",
    file: "election.ts",
    find: "  campaign.promiseOp = save(turn, term, state.config.id);",
    replace:
      "  campaign.promiseOp = save(turn, term, state.config.id);\n" +
      "  campaign.yes.set(state.config.id, state.log.last);",
    effect: "a leader crashes, forgets its term and votes for another in it",
  },
  {
    name: "majority of the reachable",
    file: "election.ts",
    find: "if (campaign.yes.size >= quorum) {",
    replace: "if (campaign.yes.size >= Math.ceil((others.length + 2 - campaign.no.size) / 2)) {",
    effect: "a minority that reaches nobody else elects itself",
  },
  {
    name: "rows of older terms are counted",
    file: "leader.ts",
    find: "if (index <= state.commitIndex || state.log.termAt(index) !== state.term) return;",
    replace: "if (index <= state.commitIndex) return;",
    effect: "Raft's figure 8: a row on a majority is cut by a later leader",
    searchCase: "an opening row that only a follower has written",
  },
  {
    name: "the term serves before its opening row is committed",
    file: "leader.ts",
    find: "    open: false,",
    replace: "    open: true,",
    effect: "a new leader answers without knowing what is committed",
  },
  {
    name: "the leader counts its own copy before it is on disk",
    file: "leader.ts",
    find: "const onDisk = [state.durableIndex];",
    replace: "const onDisk = [state.log.lastIndex];",
    effect: "a committed row is on a minority of disks",
  },
  {
    name: "a read without a round",
    file: "leader.ts",
    find: "  startRound(turn, leading, [token]);",
    replace: '  turn.out.push({ kind: "confirmed", token, ok: true });',
    effect: "a leader that was replaced and does not know it answers",
    searchCase: "is this still the leader?",
  },
  {
    name: "an answer to an older round confirms",
    file: "leader.ts",
    find: "progress.round = Math.max(progress.round, answer.round);",
    replace: "progress.round = leading.round;",
    effect: "a majority that answered before the question was asked confirms it",
    searchCase: "is this still the leader?",
  },
  {
    name: "no check of what comes before the rows",
    file: "follower.ts",
    find: "  if (!state.log.holds(message.prev)) {",
    replace: "  if (message.prev.index > state.log.lastIndex) {",
    effect: "rows are put behind a suffix that the leader has not",
  },
  {
    name: "no check of the term of rows",
    file: "follower.ts",
    find: "  if (message.term < state.term) {\n    turn.out.push({ kind",
    replace: "  if (Number.isNaN(message.term)) {\n    turn.out.push({ kind",
    effect: "a leader of an old term writes over the new one's rows",
  },
  {
    name: "no step to a higher term",
    file: "follower.ts",
    find: "  if (term > state.term) enterTerm(turn, term, leader);",
    replace: "",
    effect: "rows of a new leader are taken and the old one still obeyed",
  },
  {
    name: "acknowledged before it is on disk",
    file: "follower.ts",
    find: '  replyWhenDurable(turn, token, {\n    kind: "replicated",',
    replace:
      "  ((...[{ out }, token, reply]: Parameters<typeof replyWhenDurable>) =>\n" +
      '    out.push({ kind: "reply", token, reply }))(turn, token, {\n' +
      '    kind: "replicated",',
    effect: "a committed row is on a minority of disks",
  },
  {
    name: "always cut to prev + rows",
    file: "follower.ts",
    find: "  return prev + rows.length;\n}",
    replace:
      "  if (log.lastIndex > prev + rows.length) cut(turn, prev + rows.length);\n" +
      "  return prev + rows.length;\n}",
    effect: "an old message that comes late cuts acknowledged rows",
  },
  {
    name: "cuts where nothing conflicts",
    file: "follower.ts",
    find: "log.countHeld(rows)",
    replace: "log.countHeld(rows.slice(0, 0))",
    effect: "acknowledged rows are off the disk while they are written again",
  },
  {
    name: "commits beyond a page",
    file: "follower.ts",
    find: "  commitThrough(turn, Math.min(answer.commit, taken));",
    replace: "  commitThrough(turn, Math.min(answer.commit, state.log.lastIndex));",
    effect: "a suffix that the leader has not is called committed",
  },
  {
    name: "two votes in one term",
    file: "follower.ts",
    find: "message.term === state.term && state.vote === message.candidate && state.role",
    replace: "message.term === state.term && state.role",
    effect: "two leaders in one term",
  },
  {
    name: "a vote answered before it is on disk",
    file: "follower.ts",
    find: "    leaseMs: granted ? 0 : leaseMs,\n  };\n  replyWhenDurable(turn, token, reply);",
    replace:
      "    leaseMs: granted ? 0 : leaseMs,\n  };\n" +
      '  turn.out.push({ kind: "reply", token, reply });',
    effect: "a voter crashes and votes for another",
  },
  {
    name: "the term is not read at the start",
    file: "replica_state.ts",
    find: "    term: durable.term,",
    replace: "    term: 0,",
    effect: "a replica that was restarted obeys old leaders",
  },
  {
    name: "a wiped replica votes",
    file: "follower.ts",
    find: "const mayVote = leaseMs === 0 && state.recovering === null;",
    replace: "const mayVote = leaseMs === 0;",
    effect: "two empty logs of three elect one that lacks what was committed",
  },
  {
    name: "a wiped replica acknowledges and confirms",
    file: "follower.ts",
    find: "  return state.recovering === null ? null : state.config.startId;",
    replace: "  return null;",
    effect: "it has forgotten a vote for a later term, whose leader does not see its rows",
  },
  {
    name: "recovered without a round of the others",
    file: "recovery.ts",
    find: "  if (leading.settledRound <= recovery.sinceRound) return null;",
    replace: "  if (leading.round > 0) return recovery.id;",
    effect: "a leader that was replaced vouches for its own log",
    searchCase: "a replaced leader, and a disk that lost what it promised",
  },
  {
    name: "a checkpoint is taken without its checksum proven",
    file: "checkpoint_transfer.ts",
    find: "  return text.length === length && sum === checksum &&",
    replace: "  return text.length >= length && sum !== checksum + 0.5 &&",
    // What it would be without: the sender has kept a newer one between two pieces.
    also: [{
      file: "checkpoint_transfer.ts",
      find: "  if (!isSame(first, name) || offset !== first.text.length) return null;",
      replace: "  if (offset !== first.text.length) return null;\n  void [isSame, name];",
    }],
    effect: "pieces of two checkpoints become the state of neither",
  },
  {
    name: "the rows beyond another's checkpoint stay",
    file: "transitions.ts",
    find: "  state.log.startAfter(at);\n",
    replace:
      "  const isBeyond = state.log.lastIndex > at.index;\n" +
      "  if (!isBeyond) state.log.startAfter(at);\n",
    effect: "rows that were never committed are called committed by the checkpoint",
  },
];
