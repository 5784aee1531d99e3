/** Each rule of catalog/leader/leases.ts, with the time moved by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Leases } from "../../../catalog/leader/leases.ts";
import { LEASE_MS } from "../../../shared/limits.ts";

const LEADERSHIP = "5.aaaa";
const START_MS = 10_000;

function begin(frontends = [1, 2], bornNow = false): Leases {
  return new Leases({ leadership: LEADERSHIP, frontends, leadsSinceMs: START_MS, bornNow });
}

function first(leases: Leases, frontend: number, nowMs: number, lastIndex = 7) {
  const when = { isRenewal: false, receivedAtMs: nowMs, confirmedAtMs: nowMs, nowMs, lastIndex };
  return leases.grant(frontend, when);
}

function renew(leases: Leases, frontend: number, nowMs: number, confirmedAtMs = nowMs) {
  const when = { isRenewal: true, receivedAtMs: nowMs, confirmedAtMs, nowMs, lastIndex: 99 };
  return leases.grant(frontend, when);
}

function held(number: number, leadership = LEADERSHIP) {
  return { leadership, number };
}

test("a lease lasts LEASE_MS from when its request was received", () => {
  const leases = begin();
  assert.equal(leases.isLive(1, START_MS), false);
  const grant = { number: 1, since: 7, isEmpty: true, leaseMs: LEASE_MS };
  assert.deepEqual(first(leases, 1, START_MS), grant);
  assert.equal(leases.isLive(1, START_MS + LEASE_MS - 1), true);
  assert.equal(leases.isLive(1, START_MS + LEASE_MS), false);
  assert.deepEqual(leases.live(START_MS), [1]);
});

test("time spent until it was granted is not added to it", () => {
  const leases = begin();
  const when = { isRenewal: false, receivedAtMs: START_MS, confirmedAtMs: START_MS + 50 };
  const grant = leases.grant(1, { ...when, lastIndex: 7, nowMs: START_MS + 60 });
  assert.equal(grant.leaseMs, LEASE_MS);
  assert.equal(leases.endsAtMs(1), START_MS + LEASE_MS);
});

test("a renewal keeps its number", () => {
  const leases = begin();
  first(leases, 1, START_MS);
  assert.equal(leases.isRenewal(1, held(1), START_MS + 250), true);
  const grant = renew(leases, 1, START_MS + 250);
  assert.deepEqual(grant, { number: 1, since: 7, isEmpty: false, leaseMs: LEASE_MS });
  assert.equal(leases.endsAtMs(1), START_MS + 250 + LEASE_MS);
});

test("no lease runs beyond what a round that a majority answered allows", () => {
  const leases = begin();
  first(leases, 1, START_MS);
  const grant = renew(leases, 1, START_MS + 400, START_MS + 100);
  assert.equal(grant.leaseMs, LEASE_MS - 300);
  assert.equal(leases.endsAtMs(1), START_MS + 100 + LEASE_MS);
});

test("a grant never takes back time that was granted before", () => {
  const leases = begin();
  first(leases, 1, START_MS + 500);
  renew(leases, 1, START_MS + 600, START_MS);
  assert.equal(leases.endsAtMs(1), START_MS + 500 + LEASE_MS);
});

test("a lease that lapsed here is not renewed: the number changes", () => {
  const leases = begin();
  first(leases, 1, START_MS);
  const later = START_MS + LEASE_MS;
  assert.equal(leases.isRenewal(1, held(1), later), false);
  const grant = { number: 2, since: 9, isEmpty: true, leaseMs: LEASE_MS };
  assert.deepEqual(first(leases, 1, later, 9), grant);
});

test("who holds nothing, another number or another leadership's gets a new number", () => {
  const leases = begin();
  first(leases, 1, START_MS);
  for (const holds of [null, held(2), held(1, "4.bbbb")]) {
    assert.equal(leases.isRenewal(1, holds, START_MS), false);
  }
});

test("a new number while the old lease lasts does not make its holder's cache empty", () => {
  const leases = begin();
  first(leases, 1, START_MS);
  const grant = first(leases, 1, START_MS + 10);
  assert.deepEqual(grant, { number: 2, since: 7, isEmpty: false, leaseMs: LEASE_MS });
});

test("a first lease of an unconfirmed leader is a bug", () => {
  const when = { isRenewal: false, receivedAtMs: START_MS, nowMs: START_MS, lastIndex: 7 };
  assert.throws(() => begin().grant(1, { ...when, confirmedAtMs: START_MS - 1 }), /confirmed/);
});

test("a stopping front-end gives its lease back; an old copy gives back nothing", () => {
  const leases = begin();
  first(leases, 1, START_MS);
  first(leases, 1, START_MS + 10);
  leases.release(1, held(1), START_MS + 20);
  leases.release(1, null, START_MS + 20);
  leases.release(1, held(2, "4.bbbb"), START_MS + 20);
  assert.equal(leases.isLive(1, START_MS + 20), true);
  leases.release(1, held(2), START_MS + 20);
  assert.equal(leases.isLive(1, START_MS + 20), false);
});

test("a new leadership opens when every front-end has named a number of it", () => {
  const leases = begin([1, 2]);
  assert.equal(leases.isOpen(START_MS), false);
  first(leases, 1, START_MS);
  first(leases, 2, START_MS);
  leases.note(1, held(1));
  leases.note(1, held(1));
  assert.equal(leases.isOpen(START_MS), false, "one front-end is not all");
  leases.note(2, held(1));
  assert.equal(leases.isOpen(START_MS), true);
});

test("nothing, another leadership's lease or a number never granted proves nothing", () => {
  const leases = begin([1]);
  leases.note(1, null);
  leases.note(1, held(1, "4.bbbb"));
  leases.note(1, held(1));
  assert.equal(leases.isOpen(START_MS), false);
  first(leases, 1, START_MS);
  leases.note(1, held(2));
  leases.note(1, held(1, "4.bbbb"));
  leases.note(1, null);
  assert.equal(leases.isOpen(START_MS), false, "a lease granted is not yet a lease held");
});

test("an earlier number of this leadership proves as much as the last", () => {
  const leases = begin([1]);
  first(leases, 1, START_MS);
  first(leases, 1, START_MS + 1);
  leases.note(1, held(1));
  assert.equal(leases.isOpen(START_MS + 1), true);
});

test("a new leadership opens one LEASE_MS after it began, whoever is silent", () => {
  const leases = begin();
  assert.equal(leases.isOpen(START_MS + LEASE_MS - 0.1), false);
  assert.equal(leases.isOpen(START_MS + LEASE_MS), true);
});

test("the leader of a group born just now waits for nobody", () => {
  assert.equal(begin([1, 2], true).isOpen(START_MS), true);
});
