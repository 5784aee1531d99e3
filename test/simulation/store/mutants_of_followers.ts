/** Planted bugs of look-ups that the catalog's followers answer. */
import type { StoreMutant } from "./mutants.ts";

export const FOLLOWER_MUTANTS: readonly StoreMutant[] = ([
  {
    name: "a follower shows what is committed",
    file: "catalog/calls/follower_reads.ts",
    find: "const told = Math.min(this.#told, this.#committed);",
    replace: "const told = this.#committed;",
    also: [{
      file: "catalog/calls/follower_reads.ts",
      find: " && shown <= this.#told) return;",
      replace: ") return;",
    }],
    effect: "one front-end shows what is new while another still keeps what is old",
  },
  {
    name: "who led before it was open shows all that it has",
    file: "catalog/calls/follower_reads.ts",
    find: " && shown <= this.#told) return;",
    replace: ") return;",
    effect: "what no leader has shown yet is shown by one that led for a moment",
    fromSeed: 435,
  },
  {
    name: "a follower answers although it is behind",
    file: "catalog/calls/follower_reads.ts",
    find: "if (shown >= least && shown",
    replace: "if (shown",
    effect: "who was told of a purchase is shown the stock of before",
  },
  {
    name: "a lease begins with what is visible",
    file: "catalog/calls/lease_grants.ts",
    find: "confirmedAtMs, lastIndex });",
    replace: "confirmedAtMs, lastIndex: this.#state.visibleIndex });",
    effect: "what was on its way as the lease began is never told of, and missed",
    fromSeed: 210,
  },
  {
    name: "a leader tells what is visible before it is open",
    file: "catalog/leader/leadership.ts",
    find: "return this.#isOpen ? this.#state.visibleIndex : 0;",
    replace: "return this.#state.visibleIndex;",
    effect: "followers show what is newer than a cache that the leader before filled",
  },
  {
    name: "a follower is asked as if nothing had been told of that product",
    file: "frontend/owner/follower_read_index.ts",
    find: "return this.#least(this.#changes.get(name) ?? this.#floor);",
    replace: "return this.#least(this.#floor);",
    effect: "a front-end confirms a change, and shows what was before it",
  },
  {
    name: "a follower is asked for a list as if nothing had been told",
    file: "frontend/owner/follower_read_index.ts",
    find: "return this.#least(this.#latest);",
    replace: "return this.#least(0);",
    effect: "lists are old where products are not",
  },
  {
    name: "a follower is asked for what is not visible yet",
    file: "frontend/owner/follower_read_index.ts",
    find: "return least <= this.#visible ? least : null;",
    replace: "return least;",
    also: [{
      file: "frontend/owner/catalog_client.ts",
      find: "visible: told.visible };",
      replace: "visible: Math.max(least, told.visible) };",
    }],
    effect: "one front-end shows what is new while another still keeps what is old",
  },
  {
    name: "an invalidation names the row that is visible by then",
    file: "catalog/leader/leader_guard.ts",
    find: "const { commitIndex: index } = host;",
    replace: "const { visibleIndex: index } = leadership;",
    effect: "a front-end does not know from which row on it may be answered",
  },
  {
    name: "who holds no lease asks a follower",
    file: "frontend/owner/catalog_client.ts",
    find: "if (lease === NO_LEASE || this.#options.heldAs(lease) === null) return null;",
    replace: "void [lease, NO_LEASE];",
    effect: "nobody waits for a front-end without a lease, which shows what is old",
  },
] satisfies StoreMutant[]).map((mutant) => ({ ...mutant, focus: "followers" }));
