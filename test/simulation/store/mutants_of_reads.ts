/** Planted bugs of what people are shown: caches, leases, invalidations, and the catalog's word. */
import type { Edit, StoreMutant } from "./mutants.ts";

/**
 * A leader that no majority has answered for as long as it takes to elect
 * another steps down with its next tick: few moments are left to do harm in.
 */
export const STEPS_DOWN: Edit = {
  file: "shared/replication/core/leader.ts",
  find:
    "  if (nowMs - leading.confirmedAtMs > state.config.leaderLeaseMs) " +
    "return becomeFollower(turn);\n",
  replace: "",
};

/** A first lease comes from a leader that a majority has confirmed since it was asked for. */
const IS_CONFIRMED: Edit = {
  file: "catalog/calls/lease_grants.ts",
  find: "    await this.#leading.confirm(leadership);\n",
  replace: "",
};
const MUST_BE_CONFIRMED: Edit = {
  file: "catalog/leader/leases.ts",
  find:
    "    assert(isRenewal || confirmedAtMs >= receivedAtMs, " +
    '"a first lease is of a confirmed leader");\n',
  replace: "",
};
/** No lease runs beyond what the last round of a majority allows. */
const IS_BOUNDED: Edit = {
  file: "catalog/leader/leases.ts",
  find: "const endsAtMs = Math.min(receivedAtMs, confirmedAtMs) + LEASE_MS;",
  replace: "const endsAtMs = receivedAtMs + LEASE_MS;",
};

export const READ_MUTANTS: readonly StoreMutant[] = [
  {
    name: "visible before it is invalidated",
    file: "catalog/leader/visibility.ts",
    find: "      index = Math.min(index, confirmed);",
    replace: "",
    effect: "one front-end shows what is new while another still shows what is old",
    focus: "deaf",
  },
  {
    name: "answered before it is visible",
    file: "catalog/calls/sales.ts",
    find: "return leadership.visibility.wait(this.#state.lastIndex).then(() => ({ results }));",
    replace: "return Promise.resolve({ results });",
    effect: "who bought is shown the stock of before",
  },
  {
    name: "what is about to change may be kept",
    file: "catalog/calls/shown_products.ts",
    find: "store: record.visibleVersion === record.version,",
    replace: "store: true,",
    effect: "the old value is fetched behind its own invalidation, and kept",
    focus: "reads",
  },
  {
    name: "a list of what is about to change may be kept",
    file: "catalog/calls/shown_products.ts",
    find: "const store = state.isQuiet;",
    replace: "const store = true;",
    effect: "the old list is fetched behind its own invalidation, and kept",
    focus: "reads",
  },
  {
    name: "an answer from before the invalidation is kept",
    file: "frontend/cache/read_through.ts",
    find:
      '!this.#isCurrent(start)) return { value, outcome: "fetched" };\n' +
      "      this.#cache.set(key, value, start, this.#options.nowMs());",
    replace:
      'this.#options.lease.identity !== start.lease) return { value, outcome: "fetched" };\n' +
      "      const epoch = this.#options.epochs.current(start.slot);\n" +
      "      this.#cache.set(key, value, { ...start, epoch }, this.#options.nowMs());",
    effect: "an invalidation that overtakes the answer is in vain",
    focus: "reads",
  },
  {
    name: "who asks joins a fetch from before the invalidation",
    file: "frontend/cache/read_through.ts",
    find: "flight.lease === start.lease && flight.epoch === start.epoch",
    replace: "flight.lease === start.lease",
    effect: "who was told of a purchase joins a look-up that does not know of it",
    focus: "reads",
  },
  {
    name: "who asks gets what was for another alone",
    file: "frontend/cache/read_through.ts",
    find: 'if (keep && value !== null) return { value, outcome: "collapsed" };',
    replace: 'if (value !== null) return { value, outcome: "collapsed" };',
    effect: "an old value goes to somebody who asked after the new one was shown",
    focus: "reads",
  },
  {
    name: "served without a fresh lease",
    file: "frontend/cache/read_through.ts",
    find: "if (this.#options.lease.isFresh(nowMs)) return",
    replace: "if (nowMs >= 0) return",
    effect: "a front-end that nobody can reach shows what is old",
    focus: "deaf",
  },
  {
    name: "an invalidated entry is served",
    file: "frontend/cache/lru_cache.ts",
    find: "if (entry.epoch !== this.#options.epochs.current(entry.slot) || nowMs",
    replace: "if (nowMs",
    effect: "nothing that was kept ever changes",
  },
  {
    name: "lists are not invalidated",
    file: "frontend/cache/epochs.ts",
    find: "    Atomics.add(this.#slots, ANYTHING, 1);",
    replace: "",
    effect: "lists are old where products are not",
  },
  {
    name: "an invalidation counts although it failed",
    file: "catalog/leader/invalidations.ts",
    find: "() => this.#answered(push, names, false),",
    replace: "() => this.#answered(push, names, true),",
    effect: "a front-end that did not hear shows what is old",
    focus: "deaf",
  },
  {
    name: "what is under way is confirmed",
    file: "catalog/leader/invalidations.ts",
    find: "const first = firstIndex(push.underWay) ?? firstIndex(push.waiting);",
    replace: "const first = firstIndex(push.waiting);",
    effect: "shown as soon as the invalidation left, not when it was heard",
    focus: "deaf",
  },
  {
    name: "a lease is counted from when it came",
    file: "frontend/owner/lease_keeper.ts",
    find: "lease.extend(sentAtMs + ",
    replace: "lease.extend(clock.monotonicMs() + ",
    effect: "the holder goes on when the catalog has forgotten it",
    focus: "sleepers",
  },
  {
    name: "nothing is dropped for a new lease",
    file: "frontend/owner/lease_keeper.ts",
    find: "      epochs.raiseAll();\n      lease.renumber();",
    replace: "      lease.renumber();",
    effect: "what changed between two leases is served from before",
    focus: "deaf",
  },
  {
    name: "nothing is dropped for a new leadership",
    file: "frontend/owner/lease_keeper.ts",
    find: "if (isNewLeadership || number",
    replace:
      "if (isNewLeadership) this.#held = { leadership, number };\n" +
      "    if (before === null || number",
    effect: "what the new leader showed is not known here, and it opens at once",
    focus: "islands",
  },
  {
    name: "back to a leadership of before",
    file: "frontend/owner/lease_keeper.ts",
    find: "if (before !== null && termOf(leadership) < termOf(before.leadership)) return false;",
    replace: "",
    also: [IS_CONFIRMED, MUST_BE_CONFIRMED, IS_BOUNDED, STEPS_DOWN],
    effect: "an old leader's late grant revives a cache that counts as dropped",
    focus: "leaders",
  },
  {
    name: "a lease that lapsed goes on",
    file: "frontend/owner/lease_keeper.ts",
    find: "number !== before.number || !lease.isFresh(clock.monotonicMs())",
    replace: "number !== before.number",
    also: [{
      file: "catalog/leader/leases.ts",
      find: "      record.number += 1;",
      replace: "      record.number = 1;",
    }],
    effect: "what changed while it was over is served from before",
    focus: "deaf",
  },
  {
    name: "given back and still used",
    file: "frontend/owner/lease_keeper.ts",
    find: "    lease.end();\n    epochs.raiseAll();\n    // A renewal",
    replace: "    // A renewal",
    effect: "a front-end that stops shows what is old",
    focus: "deaf",
  },
  {
    name: "a new leader does not wait for old leases",
    file: "catalog/leader/leases.ts",
    find: "return this.#options.bornNow || this.#unproved === 0 || nowMs >= this.opensAtMs;",
    replace: "return nowMs >= this.#options.leadsSinceMs;",
    effect: "caches that the leader before filled are older than what it shows",
    focus: "restarts",
  },
  {
    name: "nothing in hand is proof of an empty cache",
    file: "catalog/leader/leases.ts",
    find:
      "if (holds === null || holds.leadership !== this.leadership || " +
      "record.hasDropped) return;\n" +
      "    if (holds.number > record.number) return;",
    replace:
      "if (record.hasDropped || " +
      "(holds !== null && holds.leadership !== this.leadership)) return;",
    effect: "a late copy of a first question opens a leadership too early",
    focus: "islands",
  },
  {
    name: "another leadership's lease is proof of an empty cache",
    file: "catalog/leader/leases.ts",
    find:
      "if (holds === null || holds.leadership !== this.leadership || " +
      "record.hasDropped) return;\n" +
      "    if (holds.number > record.number) return;",
    replace: "if (holds === null || record.hasDropped) return;",
    effect: "a leadership opens while caches hold what is older",
    focus: "islands",
  },
  {
    name: "a lease for longer than a majority vouches",
    ...IS_BOUNDED,
    also: [STEPS_DOWN],
    effect: "a leader that was replaced keeps a cache alive",
    focus: "leaders",
  },
  {
    name: "a first lease without a round",
    ...IS_CONFIRMED,
    also: [MUST_BE_CONFIRMED, IS_BOUNDED, STEPS_DOWN],
    effect: "a leader that was replaced fills the cache of a front-end that was restarted",
    focus: "leaders",
  },
  {
    name: "a late copy gives a lease back",
    file: "catalog/leader/leases.ts",
    find: "if (this.matches(frontend, holds) && nowMs < record.endsAtMs) record.endsAtMs",
    replace: "if (nowMs < record.endsAtMs) record.endsAtMs",
    effect: "the next lease of that front-end counts as over while it is used",
    focus: "deaf",
  },
  {
    name: "a look-up without a lease needs no round",
    file: "catalog/leader/leader_guard.ts",
    find: "if (!leadership.leases.matches(frontend, lease)) await this.confirm(leadership);",
    replace: "void [frontend, lease];",
    also: [STEPS_DOWN],
    effect: "a leader that was replaced shows what is old",
    focus: "leaders",
  },
  {
    name: "the answer of another leadership is kept",
    file: "frontend/owner/catalog_client.ts",
    find: "      const { product, version, store } = result;\n" +
      "      return { product, version, keep: store && sent.isOfLease };",
    replace: "      const { product, version, store } = result;\n" +
      "      return { product, version, keep: store || sent.isOfLease };",
    effect: "a leader that never invalidates it here fills the cache",
  },
];
