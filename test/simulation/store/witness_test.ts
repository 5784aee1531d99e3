/**
 * The witness must be able to see each thing it looks for: for every promise
 * a history that breaks it, and the same without the mistake.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplicatedService } from "../../../shared/replication/replicated_service.ts";
import { Witness } from "./witness.ts";

const SERVICE: ReplicatedService = {
  columns: ["value"],
  checkRows: () => {},
  openingPayload: () => "opening",
  onRow: () => {},
  onCut: () => {},
  onCommit: () => {},
  onLead: () => {},
  onStepDown: () => {},
  snapshot: () => "state",
  restore: () => {},
};

/** A group of orders with a majority as its quorum. */
class Scene {
  readonly witness: Witness;

  constructor({ isJudged = true } = {}) {
    this.witness = new Witness({ order: isJudged, catalog: true });
  }

  /** One life of a replica; its rows are `term,value`. */
  live(id: number, ...rows: string[]): ReplicatedService {
    const service = this.witness.between("order", `order ${id}`, SERVICE);
    this.append(service, 1, rows);
    return service;
  }

  append(service: ReplicatedService, first: number, rows: readonly string[]): void {
    for (const [at, row] of rows.entries()) {
      const [term, value] = row.split(",") as [string, string];
      service.onRow(first + at, Number(term), value);
    }
  }

  replicated(id: number, change: object = {}, answer: object = {}): void {
    const body = {
      term: 1, leader: 3, prev: { index: 0, term: 0, checksum: 0 }, rows: "1,1,a\n2,1,b\n",
      ...change,
    };
    this.#hear(id, "POST /replicate", body, {
      kind: "replicated", term: body.term, result: "appended", match: 2, recovery: null, ...answer,
    });
  }

  voted(id: number, change: object = {}, answer: object = {}): void {
    const body = { term: 2, candidate: 3, ask: false, handover: null, ...change };
    const last = { index: 2, term: 1, checksum: 0 };
    this.#hear(id, "POST /vote", body, { kind: "voted", granted: true, last, ...answer });
  }

  #hear(id: number, kind: string, body: object, answer: object): void {
    this.witness.hear("order", `order ${id}`, { kind, body, answer });
  }

  get broken(): string | null {
    return this.witness.violation?.promise ?? null;
  }
}

const FINAL = "committed rows never change";
const WORD = "a replica is as good as its word";
const EMPTY = { last: { index: 0, term: 0, checksum: 0 } };

/** What happens, and the promise that this breaks; null: none. */
const HISTORIES: [string, string | null, (scene: Scene) => void][] = [
  ["two lead one term", "one leader a term", (scene) => {
    scene.live(1).onLead(1);
    scene.live(2).onLead(1);
  }],
  ["one after the other leads", null, (scene) => {
    scene.live(1).onLead(1);
    scene.live(2).onLead(2);
  }],
  ["a leader lacks a row that was final", "a leader has all that was committed", (scene) => {
    scene.live(1, "1,a", "1,b").onCommit(2);
    scene.live(2, "1,a").onLead(2);
  }],
  ["a leader has another row where one was final", "a leader has all that was committed",
    (scene) => {
      scene.live(1, "1,a", "1,b").onCommit(2);
      scene.live(2, "1,a", "1,c").onLead(2);
    }],
  ["a leader has what was final, and more", null, (scene) => {
    scene.live(1, "1,a", "1,b").onCommit(2);
    scene.live(2, "1,a", "1,b", "1,c").onLead(2);
  }],
  ["a leader has what was final in its checkpoint", null, (scene) => {
    scene.live(1, "1,a", "1,b", "1,c").onCommit(3);
    const other = scene.live(2);
    other.restore!("state", 2);
    scene.append(other, 3, ["1,c"]);
    other.onLead(2);
  }],
  ["a row that was final is cut", FINAL, (scene) => {
    const one = scene.live(1, "1,a", "1,b");
    one.onCommit(2);
    one.onCut(1);
  }],
  ["a row that was not final is cut", null, (scene) => {
    const one = scene.live(1, "1,a", "1,b");
    one.onCommit(1);
    one.onCut(1);
  }],
  ["another row is final at its place", FINAL, (scene) => {
    scene.live(1, "1,a", "1,b").onCommit(2);
    scene.live(2, "1,a", "2,c").onCommit(2);
  }],
  ["after a restart another row is final", FINAL, (scene) => {
    scene.live(1, "1,a", "1,b").onCommit(2);
    scene.live(1, "1,a", "2,b").onCommit(2);
  }],
  ["two votes in one term", WORD, (scene) => {
    scene.live(1);
    scene.voted(1);
    scene.voted(1, { candidate: 2 });
  }],
  ["two votes in one term, with a restart between", WORD, (scene) => {
    scene.live(1);
    scene.voted(1);
    scene.live(1);
    scene.voted(1, { candidate: 2 });
  }],
  ["the same vote twice, and another in the next term", null, (scene) => {
    scene.live(1);
    scene.voted(1);
    scene.voted(1);
    scene.voted(1, { term: 3, candidate: 2 });
  }],
  ["a dry run is no vote, nor is a refusal", null, (scene) => {
    scene.live(1);
    scene.voted(1);
    scene.voted(1, { candidate: 2, ask: true });
    scene.voted(1, { candidate: 2 }, { granted: false });
  }],
  ["a vote for a lower term", WORD, (scene) => {
    scene.live(1);
    scene.voted(1, { term: 3 });
    scene.voted(1, { term: 2 });
  }],
  ["rows of a lower term are taken after a vote", WORD, (scene) => {
    scene.live(1);
    scene.voted(1);
    scene.replicated(1);
  }],
  ["rows of a lower term are refused", null, (scene) => {
    scene.live(1);
    scene.voted(1);
    scene.replicated(1, {}, { result: "stale_term" });
  }],
  ["a vote tells of less than was acknowledged", WORD, (scene) => {
    scene.live(1);
    scene.replicated(1);
    scene.voted(1, {}, { last: { index: 1, term: 1, checksum: 0 } });
  }],
  ["so it does when the rows were there already", WORD, (scene) => {
    scene.live(1);
    scene.replicated(1, { prev: { index: 2, term: 1, checksum: 0 }, rows: "" });
    scene.voted(1, {}, EMPTY);
  }],
  ["a vote tells of a later leader's row in their place", null, (scene) => {
    scene.live(1);
    scene.replicated(1);
    scene.voted(1, { term: 5 }, { last: { index: 1, term: 4, checksum: 0 } });
  }],
  ["what was acknowledged is cut for a leader's row", null, (scene) => {
    const one = scene.live(1, "1,a", "1,b");
    scene.replicated(1);
    one.onCut(1);
    scene.voted(1, {}, { last: { index: 1, term: 1, checksum: 0 } });
  }],
  ["a damaged one votes without what was final", WORD, (scene) => {
    scene.live(2, "1,a", "1,b").onCommit(2);
    scene.witness.damage("order", "order 1");
    scene.live(1);
    scene.replicated(1, {}, { recovery: "x" });
    scene.voted(1, {}, EMPTY);
  }],
  ["a damaged one acknowledges without what was final", WORD, (scene) => {
    scene.live(2, "1,a", "1,b").onCommit(2);
    scene.witness.damage("order", "order 1");
    scene.live(1);
    scene.replicated(1, {}, { recovery: "x" });
    scene.live(1, "1,a");
    scene.replicated(1, { rows: "1,1,a\n" }, { match: 1 });
  }],
  ["a damaged one that says nothing of it stands by its word", WORD, (scene) => {
    scene.live(1);
    scene.voted(1);
    scene.witness.damage("order", "order 1");
    scene.live(1);
    scene.voted(1, { candidate: 2 });
  }],
  ["a damaged one that has fetched what was final begins anew", null, (scene) => {
    scene.live(2, "1,a", "1,b").onCommit(2);
    scene.live(1);
    scene.replicated(1);
    scene.voted(1, { term: 7 });
    scene.witness.damage("order", "order 1");
    scene.live(1, "1,a", "1,b");
    scene.replicated(1, { term: 6 }, { recovery: "x" });
    scene.replicated(1, { term: 6 });
  }],
];

for (const [name, promise, play] of HISTORIES) {
  test(`${name}: ${promise ?? "no promise is broken"}`, () => {
    const scene = new Scene();
    play(scene);
    assert.equal(scene.broken, promise, scene.witness.violation?.message);
  });
}

test("fewer copies than a majority promise nothing", () => {
  for (const [, promise, play] of HISTORIES) {
    if (promise === null) continue;
    const scene = new Scene({ isJudged: false });
    play(scene);
    assert.equal(scene.broken, null);
  }
});

test("what was final first is what counts, as rows and as payloads", () => {
  const scene = new Scene();
  const told: string[] = [];
  const witness = new Witness({ order: true, catalog: true }, (group, row) => {
    told.push(`${group} ${row}`);
  });
  const one = witness.between("order", "order 1", SERVICE);
  scene.append(one, 1, ["1,a", "1,b"]);
  one.onCommit(1);
  one.onCommit(2);
  const other = witness.between("order", "order 2", SERVICE);
  scene.append(other, 1, ["1,a"]);
  other.onCommit(1);
  one.onLead(1);
  other.onLead(2);
  assert.equal(witness.terms("order"), 2);
  assert.deepEqual([...witness.payloads("order")], [
    { index: 1, payload: "a" }, { index: 2, payload: "b" },
  ]);
  assert.deepEqual(told, ["order 1,a", "order 1,b"]);
});
