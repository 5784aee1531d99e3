/**
 * Messages of members that are wrong, or pretend to be: each is refused, or its answer counts as
 * none, no process ends, and the group goes on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { INTERNAL_REQUEST_BYTES_MAX, TERM_JUMP_MAX, TERM_MAX } from "../../../shared/limits.ts";
import { decodeAnswer } from "../../../shared/replication/answer_wire.ts";
import { formatRow, joinRows } from "../../../shared/replication/storage/row_format.ts";
import { credible } from "../../../shared/replication/credible.ts";
import { LogIndex, START } from "../../../shared/replication/core/log_index.ts";
import type { Answer, Question, Row } from "../../../shared/replication/core/messages.ts";
import { replicaConfig } from "../../../shared/replication/replica_config.ts";
import { createReplica } from "../../../shared/replication/core/replica_state.ts";
import { readTermFile, writeTermFile } from "../../../shared/replication/storage/term_file.ts";
import { HostGroup } from "./host_group.ts";

const REFUSALS = ["bad_request", "conflict"];

function replicate(changes: object): object {
  return {
    term: 1, leader: 3, prev: START, rows: "", commit: 0, round: 1, vouch: null, ...changes,
  };
}

function rowsOf(terms: number[]): string {
  const rows: Row[] = [];
  for (const term of terms) {
    rows.push(formatRow(rows.length + 1, term, "other", rows.at(-1)?.checksum ?? 0));
  }
  return joinRows(rows);
}

/** Beside a group in term 1 that replica 3 leads. */
const FORGED: Record<string, [kind: string, body: object]> = {
  "rows in the name of the leader that is asked": ["POST /replicate", replicate({})],
  "rows of another leader of this term": ["POST /replicate", replicate({ leader: 1 })],
  "rows of no member": ["POST /replicate", replicate({ leader: 9, term: 2 })],
  "rows of the next term that contradict committed ones": [
    "POST /replicate", replicate({ leader: 1, term: 2, rows: rowsOf([1, 2]) }),
  ],
  "rows of a later term than their leader's": [
    "POST /replicate", replicate({ leader: 1, term: 2, rows: rowsOf([1, 5]) }),
  ],
  "rows of a term out of bounds": [
    "POST /replicate", replicate({ leader: 1, term: 2, rows: rowsOf([TERM_MAX + 1]) }),
  ],
  "rows behind a row whose checksum is none": [
    "POST /replicate",
    replicate({ prev: { ...START, checksum: 2 ** 32 }, leader: 1, term: 2, rows: rowsOf([1]) }),
  ],
  "a term out of bounds": ["POST /replicate", replicate({ leader: 1, term: 2 ** 53 - 1 })],
  "a vote for no member": ["POST /vote", { term: 5, candidate: 9, ask: false, handover: null }],
  "a vote for the one that is asked": [
    "POST /vote", { term: 5, candidate: 3, ask: false, handover: null },
  ],
  "a vote far above": [
    "POST /vote", { term: TERM_JUMP_MAX + 9, candidate: 1, ask: false, handover: null },
  ],
  "a hand-over of a term out of bounds": ["POST /lead", { handover: TERM_MAX + 1 }],
  "a reader that is no member": [
    "GET /log", { after: "0", after_term: "0", checksum: "0", term: "1", reader: "9" },
  ],
  "a piece of a checkpoint for no member": [
    "GET /checkpoint", { offset: "0", term: "1", reader: "9" },
  ],
};

for (const [what, [kind, body]] of Object.entries(FORGED)) {
  test(`forged: ${what}: refused, and the group goes on`, async (t) => {
    const group = await HostGroup.start(t);
    assert.equal(await group.nominate(3), "leads");
    await group.commit(3, "a", "b");
    await assert.rejects(
      group.settle(group.host(3).handle(kind, body)),
      ({ reason }: { reason: string }) => REFUSALS.includes(reason),
    );
    await group.commit(3, "c");
    await group.checkSame(["a", "b", "c"]);
  });
}

test("told of a leader far above a follower climbs, and finds its group again", async (t) => {
  const group = await HostGroup.start(t);
  assert.equal(await group.nominate(3), "leads");
  await group.commit(3, "a");
  const far = replicate({ leader: 2, term: 3 * TERM_JUMP_MAX });
  await assert.rejects(group.host(1).handle("POST /replicate", far), { reason: "bad_request" });
  await assert.rejects(group.host(1).handle("POST /replicate", far), { reason: "bad_request" });
  assert.equal(group.host(1).term, 1 + 2 * TERM_JUMP_MAX);
  await group.pass(3_000);
  for (let tries = 0; tries < 5 && (await group.nominate(3)) !== "leads"; tries++) {
    await group.pass(500);
  }
  await group.commit(3, "b");
  await group.checkSame(["a", "b"]);
});

const REPLICATE: Question = {
  kind: "replicate", term: 1, leader: 1, prev: START, rows: [], commit: 0, round: 1, vouch: null,
};
const VOTE: Question = { kind: "vote", term: 2, candidate: 1, ask: false, handover: null };
const READ: Question = { kind: "read_log", reader: 1, term: 1, after: START };

test("an answer of another shape is none", () => {
  const appended = {
    kind: "replicated", term: 1, result: "appended", match: 0, round: 1, recovery: null,
  };
  const voted = {
    kind: "voted", term: 2, granted: true, last: START, leader: null, leaseMs: 0,
  };
  assert.deepEqual(decodeAnswer(REPLICATE, appended), appended);
  assert.deepEqual(decodeAnswer(VOTE, voted), voted);
  const wrong: [Question, unknown][] = [
    [REPLICATE, null], [REPLICATE, 7], [REPLICATE, voted], [VOTE, appended],
    [REPLICATE, { ...appended, term: 2 ** 53 - 1 }], [REPLICATE, { ...appended, match: -1 }],
    [REPLICATE, { ...appended, result: "yes" }], [VOTE, { ...voted, granted: 1 }],
    [VOTE, { ...voted, last: null }], [VOTE, { ...voted, leaseMs: "long" }],
    [READ, { kind: "log_page", term: 1, result: "rows" }],
  ];
  for (const [question, answer] of wrong) {
    assert.throws(() => decodeAnswer(question, answer), { reason: "bad_request" });
  }
});

test("an answer that cannot be right beside what is known counts as none", () => {
  const config = replicaConfig({
    id: 1, others: [2, 3], quorum: 2, startId: "x", isSnapshot: () => true,
  });
  const log = new LogIndex();
  log.append(1, 11);
  const durable = { term: 1, vote: null, log, checkpointIndex: 1, isRecovering: false };
  const state = createReplica(config, durable);
  const replicated: Answer = {
    kind: "replicated", term: 1, result: "appended", match: 0, round: 1, recovery: null,
  };
  const page: Answer = {
    kind: "log_page", term: 1, result: "rows", prev: START, rows: [], commit: 0, complete: true,
  };
  const voted: Answer = {
    kind: "voted", term: 2, granted: true, last: START, leader: null, leaseMs: 0,
  };
  const [other] = [formatRow(1, 1, "other", 0)];
  const name = { length: 1, checksum: 0, offset: 0, text: "x" };
  const at = { index: 1, term: 1, checksum: 12 };
  const good = { ...name, at: { index: 2, term: 1, checksum: 1 } };
  assert.deepEqual(credible(state, REPLICATE, replicated), replicated);
  const wrong: [Question, Answer][] = [
    [REPLICATE, { ...replicated, match: 9 }], [REPLICATE, { ...replicated, round: 2 }],
    [READ, { ...page, result: "conflict" }], [READ, { ...page, rows: [other!] }],
    [VOTE, { ...voted, term: 3 }], [VOTE, { ...voted, granted: false, leader: 9 }],
    [VOTE, { ...voted, granted: false, leader: 2, leaseMs: 1e9 }],
    [
      { kind: "read_checkpoint", reader: 1, term: 1, offset: 0 },
      { kind: "checkpoint_page", term: 1, piece: { ...name, at } },
    ],
    ...[{ at: { index: 2, term: 2, checksum: 1 } }, { text: "" }, { text: "xy" }].map(
      (change): [Question, Answer] => [
        { kind: "read_checkpoint", reader: 1, term: 1, offset: 0 },
        { kind: "checkpoint_page", term: 1, piece: { ...good, ...change } },
      ],
    ),
  ];
  for (const [question, answer] of wrong) assert.equal(credible(state, question, answer), null);
  const far: Answer = { ...replicated, result: "stale_term", term: TERM_MAX };
  assert.equal(credible(state, REPLICATE, far)?.term, 1 + TERM_JUMP_MAX);
});

test("what a leader sends at once fits a request, however long its rows", async (t) => {
  const group = await HostGroup.start(t);
  assert.equal(await group.nominate(3), "leads");
  const asked: number[] = [];
  const { handle } = group.host(1);
  group.host(1).handle = function (kind, body) {
    if (kind === "POST /replicate") asked.push(Buffer.byteLength(JSON.stringify(body)));
    return handle.call(this, kind, body);
  };
  const values = Array.from({ length: 2_000 }, (_, at) => `${at}${"€".repeat(700)}`);
  await group.commit(3, ...values);
  await group.checkSame(values);
  assert(asked.length > 0 && Math.max(...asked) <= INTERNAL_REQUEST_BYTES_MAX);
});

test("a promise from before terms had a bound is left for one that all can be above", async (t) => {
  const group = await HostGroup.start(t);
  assert.equal(await group.nominate(3), "leads");
  await group.commit(3, "a");
  for (const id of [1, 2, 3]) {
    const { disk } = group.member(id);
    await group.pass(3_000);
    const promised = await group.settle(readTermFile(disk));
    await group.settle(writeTermFile(disk, { ...promised!, term: 2 ** 53 - 1, vote: 1 }));
    await group.restart(id);
    assert.equal(group.host(id).term, 1 + TERM_JUMP_MAX);
  }
  await group.pass(1_000);
  assert.equal(await group.nominate(3), "leads");
  await group.commit(3, "b");
  await group.checkSame(["a", "b"]);
});
