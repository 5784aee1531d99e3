/**
 * Random histories of three and five replicas: messages late, lost, doubled
 * and out of order, crashes between any two effects of a disk, nominations at
 * any time. After every step the group checks itself (group.ts); then the
 * faults stop and all must settle with equal logs. `SEEDS=100000` runs more,
 * `SEED=17` one, with its history.
 */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import { Group, type Node } from "./group.ts";

const SEEDS = Number(process.env.SEEDS ?? 400);
const ONE = process.env.SEED === undefined ? null : Number(process.env.SEED);
const STEPS = 300;

/** Mulberry32 (Tommy Ettinger, public domain). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Run {
  group: Group;
  random: () => number;
  proposals: number;
  /** Committed rows at the time of each question to confirm, by token. */
  asked: Map<number, { node: Node; committed: number }>;
  /** Seen by what happened, so that a run that tested nothing shows. */
  seen: Set<string>;
}

function pick<T>(run: Run, items: readonly T[]): T | undefined {
  return items[Math.floor(run.random() * items.length)];
}

function act(run: Run, faults: Record<string, number>): void {
  const { group, random } = run;
  const roll = random();
  const node = pick(run, [...group.nodes.values()])!;
  if (roll < 0.55) moveNetwork(run, faults);
  else if (roll < 0.8) {
    if (node.alive && node.pending.length > 0) group.flush(node);
  } else if (roll < 0.84) {
    group.nowMs += random() * 200;
    group.tick(node.id);
  } else if (roll < 0.88) {
    if (node.alive) group.nominate(node.id);
  } else if (roll < 0.94) {
    if (node.alive && node.state.leading?.open) {
      const payloads = Array.from(
        { length: 1 + Math.floor(random() * 3) },
        () => `p${++run.proposals}`,
      );
      group.propose(node.id, ...payloads);
    }
  } else if (roll < 0.96) {
    if (node.alive)
      run.asked.set(group.confirm(node.id), { node, committed: group.committed.size });
  } else if (roll < 0.96 + faults.crash!) {
    if (node.alive) group.crash(node.id, Math.floor(random() * (node.pending.length + 1)));
  } else if (!node.alive) {
    const { size } = group.nodes;
    const isOnly = [...group.nodes.values()].every(({ disk }) => !disk.recovering);
    // At most one disk at a time has lost something: more may lose everything.
    if (isOnly && size >= 3 && random() < faults.damage!) {
      run.seen.add("damaged");
      group.damage(node.id, Math.floor(random() * (node.disk.rows.length + 1)));
    }
    group.restart(node.id);
  }
  checkConfirmed(run);
}

function moveNetwork(run: Run, faults: Record<string, number>): void {
  const { group, random } = run;
  if (group.network.length === 0) return;
  const at = random() < faults.reorder! ? Math.floor(random() * group.network.length) : 0;
  const packet = group.network[at]!;
  const isQuestion = packet.kind === "question";
  if (random() < faults.lose! && (!isQuestion || packet.question.kind !== "lead")) {
    if (packet.kind === "answer" && packet.answer === null) group.deliver(at);
    else group.lose(packet);
  } else {
    if (isQuestion && random() < faults.double!)
      group.network.push({ ...packet, from: packet.from });
    group.deliver(at);
  }
}

/** A confirmed leader knows everything that was committed before it was asked. */
function checkConfirmed(run: Run): void {
  for (const { token, ok } of run.group.confirmed.splice(0)) {
    const { node, committed } = run.asked.get(token)!;
    if (!ok) continue;
    run.seen.add("confirmed");
    assert(
      node.state.commitIndex >= committed,
      `confirmed at ${node.state.commitIndex}, not ${committed}`,
    );
  }
}

/** No more faults: whoever is nominated must lead, and every log become the same. */
function heal(run: Run): void {
  const { group } = run;
  for (const node of group.nodes.values()) if (!node.alive) group.restart(node.id);
  group.settle();
  const normal = [...group.nodes.values()].filter(({ state }) => state.recovering === null);
  const highest = Math.max(...normal.map(({ id }) => id));
  for (let tries = 0; tries < 8; tries++) {
    group.beat();
    fenceOut(group);
    if ([...group.nodes.values()].some((node) => node.state.leading?.open)) break;
    group.nowMs += 500;
    group.nominate(highest);
    group.settle();
  }
  const leader = group.leader();
  group.propose(leader.id, "last");
  for (let beats = 0; beats < 6; beats++) group.beat();
  for (const { id, state } of group.nodes.values()) {
    assert.equal(state.recovering, null, `${id} has recovered`);
    assert.deepEqual(group.rowsOf(id), group.rowsOf(leader.id), `log of ${id} after healing`);
    assert.equal(state.commitIndex, leader.state.log.lastIndex, `commit of ${id} after healing`);
  }
  checkConfirmed(run);
}

/** Of several leaders the one with the highest term and id stays, as the catalog has it. */
function fenceOut(group: Group): void {
  const leaders = [...group.nodes.values()].filter(({ state }) => state.role === "leader");
  leaders.sort((one, other) => other.state.term - one.state.term || other.id - one.id);
  for (const { state } of leaders.slice(1)) {
    const node = group.node(state.config.id);
    group.input(node, { kind: "outranked", term: leaders[0]!.state.term });
    group.settle();
  }
}

function runSeed(seed: number, quorum?: number): Run {
  const random = randomFrom(seed);
  const group = new Group(random() < 0.7 ? 3 : 5, quorum);
  const run: Run = { group, random, proposals: 0, asked: new Map(), seen: new Set() };
  const faults = {
    lose: random() * 0.2,
    double: random() * 0.2,
    reorder: random(),
    crash: random() * 0.02,
    damage: random() * 0.5,
  };
  try {
    group.nominate(3);
    for (let i = 0; i < STEPS; i++) act(run, faults);
    heal(run);
  } catch (error) {
    const tail = ONE === null ? group.lines.slice(-40) : group.lines;
    throw new Error(`seed ${seed}: ${(error as Error).message}\n${tail.join("\n")}`, {
      cause: error,
    });
  }
  return run;
}

test("no random history loses a committed row, elects two leaders, or ends unequal", () => {
  let terms = 0;
  let rows = 0;
  let confirmed = 0;
  let damaged = 0;
  const seeds = ONE === null ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [ONE];
  for (const seed of seeds) {
    const { group, seen } = runSeed(seed);
    terms += group.leaders.size;
    rows += group.committed.size;
    confirmed += seen.has("confirmed") ? 1 : 0;
    damaged += seen.has("damaged") ? 1 : 0;
  }
  if (ONE !== null) return;
  assert(
    terms > seeds.length * 1.5 &&
      rows > terms &&
      Math.min(confirmed, damaged) > seeds.length / 10,
    `they did something: ${terms} terms, ${rows} rows, ${confirmed} confirmed, ${damaged} damaged`,
  );
});

test("a quorum of one promises less, but no history ends a process or leaves logs unequal", () => {
  let overruled = 0;
  if (ONE !== null) return void runSeed(ONE, 1);
  for (let seed = 1; seed <= SEEDS; seed++) {
    if (wasOverruled(runSeed(seed, 1).group)) overruled++;
  }
  assert(overruled > SEEDS / 50, `${overruled} runs overruled what was committed`);
});

/** Some replica's commit index went back without a restart. */
function wasOverruled({ lines }: Group): boolean {
  const commits = new Map<string, number>();
  for (const line of lines) {
    const [first = "", verb = "", last = ""] = line.split(" ");
    if (first === "restart") commits.delete(verb);
    if (verb !== "commits") continue;
    if (Number(last) <= (commits.get(first) ?? 0)) return true;
    commits.set(first, Number(last));
  }
  return false;
}
