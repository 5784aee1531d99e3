/** Who is cut from whom by each of the cuts, and that both sides of one are counted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Member, membersOf } from "../../client/launcher/layout.ts";
import { DEFAULT_SETTINGS } from "../../client/launcher/settings.ts";
import { createRandom } from "../../client/load/random.ts";
import { type Cut, CUTS, planCut, type Way } from "./cuts.ts";
import { logged } from "../checker/history_fixtures.ts";
import type { Fault, History, Operation } from "../checker/history.ts";
import { doubleSaleChances, staleReadChances } from "./partition_coverage.ts";

const members = membersOf({ ...DEFAULT_SETTINGS, frontends: 2 });
const leader = members.find(({ name }) => name === "order 3")!;
const catalog = members.find(({ name }) => name === "catalog 1")!;

function plan(cut: Cut, seed = 1) {
  return planCut(cut, { members, leader, catalog, random: createRandom(seed) });
}

function texts(ways: Way[]): string[] {
  return ways.map(({ from, to }) => `${from.name} > ${to.name}`).sort();
}

function isBothWays(ways: Way[]): boolean {
  return ways.every(({ from, to }) => ways.some((way) => way.from === to && way.to === from));
}

test("who is isolated reaches nobody and is reached by nobody", () => {
  for (const cut of CUTS.filter((name) => name.endsWith("from everybody"))) {
    const { whom, cuts: [ways] } = plan(cut);
    assert.equal(ways!.length, 2 * (members.length - 1), cut);
    assert(isBothWays(ways!), cut);
    assert(ways!.every(({ from, to }) => from.name === whom || to.name === whom), cut);
  }
  assert.equal(plan("the order leader from everybody").whom, "order 3");
  assert.notEqual(plan("an order follower from everybody").whom, "order 3");
});

test("a leader cut from both followers still reaches catalog and front-ends", () => {
  assert.deepEqual(texts(plan("the order leader from both followers").cuts[0]!), [
    "order 1 > order 3", "order 2 > order 3", "order 3 > order 1", "order 3 > order 2",
  ]);
});

test("one way only: a leader that does not hear, one that is not heard", () => {
  const deaf = plan("all ways to the order leader").cuts[0]!;
  assert(deaf.length === members.length - 1 && deaf.every(({ to }) => to === leader));
  const mute = plan("all ways from the order leader").cuts[0]!;
  assert(mute.length === members.length - 1 && mute.every(({ from }) => from === leader));
});

test("a single link is cut both ways, or one way, or the other", () => {
  const seen = new Set<number>();
  for (let seed = 1; seed <= 40; seed++) {
    const { cuts: [ways], whom } = plan("a front-end from the catalog", seed);
    const kinds = ways!.flatMap(({ from, to }) => [from.kind, to.kind]).sort();
    assert.deepEqual(new Set(kinds), new Set(["catalog", "frontend"]), whom);
    seen.add(ways!.length === 2 ? 2 : ways![0]!.from.kind === "catalog" ? 1 : 0);
  }
  assert.deepEqual(seen, new Set([0, 1, 2]));
});

test("front-ends with different views have one order replica each, and not the same", () => {
  const { cuts: [ways] } = plan("the front-ends from all orders but one each");
  assert(isBothWays(ways!));
  const kept = members.filter(({ kind }) => kind === "frontend").map((frontend) =>
    members.filter((order) => order.kind === "order" &&
      !ways!.some(({ from, to }) => from === frontend && to === order)));
  assert.deepEqual(kept.map(({ length }) => length), [1, 1]);
  assert.notEqual(kept[0]![0], kept[1]![0]);
});

test("links that are cut one by one are all healed, in another order", () => {
  const { cuts, heals } = plan("links one by one");
  assert.deepEqual(new Set(heals), new Set(cuts));
  assert.notDeepEqual(heals, cuts);
  const isAsked = ({ from, to }: Way) => from.kind !== "frontend" || to.kind !== "frontend";
  assert(cuts.flat().every(isAsked), "front-ends never talk to each other");
});

function between(one: Member["name"], other: Member["name"]): Fault {
  return {
    kind: "cut", members: [], links: [{ from: one, to: other }], leader: 3, catalogLeader: 1,
    wasWhole: true, waitedMs: 0, fromMs: 100, toMs: 200,
  };
}

function history(faults: Fault[], operations: Partial<Operation>[]): History {
  return {
    faults, operations: operations as Operation[], journal: [], initial: new Map(), restockTo: 1,
    orders: [logged(1, "a")], logs: [], finals: [],
  };
}

function bought(frontend: number, fromMs: number, toMs: number): Partial<Operation> {
  const times = { invokedMs: fromMs, returnedMs: toMs };
  return { kind: "order", key: "a", name: "Tux", frontend, status: 200, ...times };
}

test("a chance of a stale read: sold here, then looked up where it is not heard of", () => {
  const look = (frontend: number, name: string, invokedMs: number): Partial<Operation> =>
    ({ kind: "product", frontend, name, status: 503, invokedMs, returnedMs: invokedMs + 1 });
  const sale = bought(1, 110, 120);
  const cut = between("catalog 1", "frontend 2");
  const count = (...operations: Partial<Operation>[]) =>
    staleReadChances(history([cut], operations));
  assert.equal(count(sale, look(2, "Tux", 130), look(2, "Tux", 199)), 2);
  assert.equal(count(sale, look(2, "Tux", 119), look(2, "Tux", 201)), 0, "too early, too late");
  assert.equal(count(sale, look(1, "Tux", 130), look(2, "Fox", 130)), 0, "heard, or not sold");
  assert.equal(count(bought(2, 110, 120), look(2, "Tux", 130)), 0, "sold on the same side");
  assert.equal(staleReadChances(history([between("order 3", "frontend 2")],
    [sale, look(2, "Tux", 130)])), 0, "it hears the catalog");
});

test("a chance of a double sale: one key, asked for at both front-ends, and sold", () => {
  const operations = [bought(1, 110, 500), bought(2, 150, 160)];
  const count = (cut: Fault, asked: Partial<Operation>[]) =>
    doubleSaleChances(history([cut], asked));
  assert.equal(count(between("order 3", "order 1"), operations), 1);
  assert.equal(count(between("order 1", "catalog 1"), operations), 0, "not the leader");
  assert.equal(count(between("order 3", "order 1"), operations.slice(1)), 0, "at one only");
  assert.equal(count(between("order 3", "order 1"), [operations[0]!, bought(2, 210, 220)]), 0);
});
