/** A disk that fails: the process ends, and its next life believes nothing that it only read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HostGroup } from "./host_group.ts";

test("a write or a flush that fails ends the process, and nothing else", async (t) => {
  for (const fault of ["failNextWrite", "failNextFlush"] as const) {
    const group = await HostGroup.start(t);
    await group.nominate(3);
    await group.commit(3, "a");
    const { disk } = group.member(2);
    disk[fault]();
    group.propose(3, "b");
    await group.until(() => group.failures.length > 0);
    assert.match(String(group.failures.pop()), /EIO|i\/o error/);
    await group.restart(2);
    await group.checkSame(["a", "b"]);
  }
});

test("what a failed flush left to be read outlives a loss of power once it counts", async (t) => {
  const group = await HostGroup.start(t, { size: 1 });
  await group.nominate(1);
  await group.commit(1, "a");
  group.member(1).disk.failNextFlush();
  group.propose(1, "b");
  await group.until(() => group.failures.length > 0);
  group.failures.pop();
  await group.restart(1);
  assert.equal(group.member(1).service.values.at(-1), "b", "it can still be read");
  await group.nominate(1);
  await group.commit(1, "c");
  await group.restart(1, { power: true });
  assert.equal(await group.nominate(1), "leads");
  await group.checkSame(["a", "b", "c"]);
});

test("rows are noted soon after they came: then what they lack is damage", async (t) => {
  const group = await HostGroup.start(t, { size: 1 });
  await group.nominate(1);
  await group.commit(1, "a");
  const { disk } = group.member(1);
  const noted = () => JSON.parse(disk.textOf("term.json")!) as { length: number };
  const { length } = noted();
  const written = disk.textOf("log.csv")!.length;
  assert(length < written, "not with every append");
  await group.until(() => noted().length === written);
});
