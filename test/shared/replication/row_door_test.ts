/**
 * Rows and checkpoints with fitting checksums that make no sense to the service: they are
 * refused, nothing of them enters log, state or disk, and the group goes on.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { crc32 } from "node:zlib";
import { formatRow, joinRows } from "../../../shared/replication/storage/row_format.ts";
import type { Position } from "../../../shared/replication/core/log_index.ts";
import { HostGroup } from "./host_group.ts";

type Fields = Record<string, unknown>;

/** Replica 3 leads in term 1; its log holds the opening row and two more. */
async function startLed(t: TestContext): Promise<HostGroup> {
  const group = await HostGroup.start(t, { checkpointEveryRows: 5 });
  assert.equal(await group.nominate(3), "leads");
  await group.commit(3, "a", "b");
  await group.checkSame(["a", "b"]);
  return group;
}

/** The last row that everybody has. */
function lastOf(group: HostGroup): Position {
  const line = group.member(3).disk.textOf("log.csv")!.trimEnd().split("\n").at(-1)!;
  const [index, term] = line.split(",").map(Number);
  return { index: index!, term: term!, checksum: Number.parseInt(line.slice(-8), 16) };
}

function chain(prev: Position, term: number, values: readonly string[]): string {
  const rows = [];
  let before = prev.checksum;
  for (const value of values) {
    const row = formatRow(prev.index + 1 + rows.length, term, value, before);
    before = row.checksum;
    rows.push(row);
  }
  return joinRows(rows);
}

/** Changes what replica 3 answers to calls of this kind, as long as it is to. */
function forge(
  group: HostGroup,
  kind: string,
  change: (answer: Fields, body: Fields) => Fields,
): { count: number; isOver: boolean } {
  const host = group.host(3);
  const { handle } = host;
  const forged = { count: 0, isOver: false };
  host.handle = async function (asked, body) {
    const answer = (await handle.call(this, asked, body)) as Fields;
    if (asked !== kind || forged.isOver) return answer;
    forged.count++;
    return change(answer, body as Fields);
  };
  return forged;
}

for (const [what, to, from, term, values] of [
  ["in its leader's name", 1, 3, 1, ["nonsense"]],
  ["behind one that makes sense", 1, 3, 1, ["c", "nonsense"]],
  ["of the next term's leader", 1, 2, 2, ["nonsense"]],
  ["to the leader itself", 3, 2, 2, ["nonsense", "d"]],
] as const) {
  test(`a row that makes no sense, ${what}, is refused`, async (t) => {
    const group = await startLed(t);
    const { disk, lines } = group.member(to);
    const [log, prev] = [disk.textOf("log.csv"), lastOf(group)];
    const rows = chain(prev, term, values);
    const body = { term, leader: from, prev, rows, commit: 99, round: 1, vouch: null };
    for (let copies = 0; copies < 3; copies++) {
      await assert.rejects(group.settle(group.host(to).handle("POST /replicate", body)), {
        name: "AppError", reason: "bad_request",
      });
    }
    assert.equal(group.host(to).term, 1);
    assert.equal(group.host(to).lastIndex, prev.index);
    assert.equal(disk.textOf("log.csv"), log);
    assert.equal(lines.filter((line) => line.includes("Nonsense after")).length, 1, "said once");
    await group.commit(3, "c");
    await group.checkSame(["a", "b", "c"]);
  });
}

test("a voter's rows that make no sense are not taken over", async (t) => {
  const group = await startLed(t);
  group.cut(3, 1, 500);
  await group.commit(3, "c");
  await group.restart(3);
  group.member(2).machine.pause();
  await group.pass(3_000);
  const last = group.host(1).lastIndex;
  const forged = forge(group, "GET /log", (answer, { after, after_term, checksum }) => {
    const prev = { index: Number(after), term: Number(after_term), checksum: Number(checksum) };
    return { ...answer, rows: chain(prev, 1, ["nonsense"]), complete: true };
  });
  assert.equal(await group.nominate(1), "no_votes");
  assert.equal(forged.count, 1);
  assert.equal(group.host(1).lastIndex, last);
  forged.isOver = true;
  assert.equal(await group.nominate(1), "leads");
  group.member(2).machine.resume();
  await group.commit(1, "d");
  await group.checkSame(["a", "b", "c", "d"]);
});

test("a fetched checkpoint that makes no sense takes the place of nothing", async (t) => {
  const group = await startLed(t);
  group.member(1).machine.pause();
  const values = Array.from({ length: 20 }, (_, at) => `value ${at}`);
  for (const value of values) await group.commit(3, value);
  const forged = forge(group, "GET /checkpoint", (answer) => {
    const text = '["nonsense"]';
    const name = { length: text.length, checksum: crc32(text), offset: 0, text };
    return { ...answer, piece: { ...(answer.piece as object), ...name } };
  });
  group.member(1).machine.resume();
  await group.until(() => forged.count > 2);
  assert(group.host(1).lastIndex < group.host(3).lastIndex - 10);
  forged.isOver = true;
  await group.checkSame(["a", "b", ...values]);
});

test("what stands in the place of a checkpoint, and is none, is bounded", async (t) => {
  const group = await startLed(t);
  group.member(1).machine.pause();
  for (let at = 0; at < 20; at++) await group.commit(3, `value ${at}`);
  const wrong: Fields[] = [{ text: "" }, { length: 1, text: "ab" }];
  const forged = forge(group, "GET /checkpoint", (answer) => {
    return { ...answer, piece: { ...(answer.piece as object), ...wrong[forged.count % 2] } };
  });
  group.member(1).machine.resume();
  await group.pass(3_000);
  assert(forged.count > 5 && forged.count < 60, `asked ${forged.count} times in 3 s`);
  forged.isOver = true;
  await group.until(() => group.host(1).lastIndex === group.host(3).lastIndex);
});
