/** Histories in which nothing is wrong, for tests that make something wrong in them. */
import {
  added, buy, come, find, gone, initially, leader, list, logged, look, made, MISSED, REFUSED,
  removed, REUSED, SILENT, shown, sold,
} from "./history_fixtures.ts";
import type { Fault, History } from "./history.ts";
import type { judge } from "./checker.ts";

export type Changeable = { -readonly [Field in keyof History]: History[Field] };

/** Three Tux bought one after the other, looked up, listed, found; 10 there at first. */
export function good(): Changeable {
  return {
    operations: [
      look(10, 0, 0),
      buy(1, "a", 10), look(9, 3, 20), find(1, 22),
      buy(2, "b", 30, { client: 2 }), buy(3, "c", 32, { client: 3, status: 503, number: null,
        isOwnError: true, hasRetryAfter: true }),
      buy(3, "c", 40, { client: 3 }), look(7, 5, 50), find(3, 52),
      find(4, 54, { status: 404, isOwnError: true, found: null }),
      leader(3, 1, 55), leader(2, 2, 60), list(7, 5, 61),
      buy(0, "too many", 62, { ...REFUSED, quantity: 8 }),
      buy(0, "a", 63, { ...REUSED, quantity: 2 }),
    ],
    faults: [],
    orders: [logged(1, "a"), logged(2, "b"), logged(3, "c")],
    journal: [sold(3, "a"), sold(4, "b"), sold(5, "c")],
    initial: new Map([["Tux", initially(10)]]),
    restockTo: 10,
    logs: [
      { member: "order 1", group: "order", digest: "aa" },
      { member: "order 2", group: "order", digest: "aa" },
      { member: "order 3", group: "order", digest: "aa" },
      { member: "catalog 1", group: "catalog", digest: "bb" },
    ],
    finals: [{ frontend: 1, ...shown(7) }],
  };
}

/** Of 10 Tux 3 bought and 5 sold back, where no more than 10 may be traded. */
export function traded(): Changeable {
  const most = { name: "Tux", type: "sell" } as const;
  return {
    ...good(),
    operations: [
      buy(1, "a", 10, { quantity: 3 }), look(7, 3, 20, { volume: 3 }),
      buy(2, "b", 30, { ...most, quantity: 5 }), look(12, 4, 40, { volume: 8 }),
      buy(0, "c", 50, { ...REFUSED, ...most, lacked: "volume", quantity: 3 }),
      buy(0, "d", 60, { ...REFUSED, quantity: 13 }),
    ],
    orders: [logged(1, "a", { quantity: 3 }), logged(2, "b", { ...most, quantity: 5 })],
    journal: [sold(3, "a", 3), sold(4, "b", 5, "sell")],
    initial: new Map([["Tux", initially(10, { maxVolume: 10 })]]),
    restockTo: 0,
    finals: [{ frontend: 1, ...shown(12, { volume: 8 }) }],
  };
}

/** An Owl comes, is bought, goes, comes again, and goes though no answer says so; Tux stays. */
export function cameAndWent(): Changeable {
  const owl = { name: "Owl" };
  const at9 = { ...owl, price: 9 };
  return {
    ...good(),
    operations: [
      look(0, NaN, 0, { ...owl, ...MISSED }),
      made(4, 9, 3, 10, owl),
      list(10, 3, 20, { products: [shown(4, at9), shown(10)] }), look(4, 3, 26, at9),
      buy(1, "a", 30, owl), removed(5, 40, owl),
      look(0, NaN, 50, { ...owl, ...MISSED }),
      buy(0, "b", 52, { ...owl, ...MISSED, number: null }),
      added(5, NaN, 54, { ...owl, ...MISSED }), list(10, 5, 60),
      made(2, 11, 6, 70, owl), look(2, 6, 80, { ...owl, price: 11 }),
      removed(NaN, 90, { ...owl, ...SILENT }), look(0, NaN, 100, { ...owl, ...MISSED }),
    ],
    orders: [logged(1, "a", owl)],
    journal: [
      come(3, 4, 9, "Owl"), { ...sold(4, "a"), ...owl }, gone(5, -3, "Owl"),
      come(6, 2, 11, "Owl"), gone(7, -2, "Owl"),
    ],
    initial: new Map([
      ["Tux", initially(10)], ["Owl", initially(0, { isHere: false, price: NaN })],
    ]),
    restockTo: 0,
    finals: final(10),
  };
}

/** Of the leader, in a store that was whole. */
export function killed(fromMs: number, more: Partial<Fault> = {}): Fault {
  return {
    kind: "kill of the order leader", members: ["order 3"], links: [], leader: 3, catalogLeader: 1,
    wasWhole: true, waitedMs: 0, fromMs, toMs: fromMs + 500, ...more,
  };
}

export function final(quantity: number, more: { volume?: number } = {}): History["finals"] {
  return [{ frontend: 1, ...shown(quantity, more) }];
}

/** What a judge found, a line each. */
export function textOf(found: ReturnType<typeof judge>): string {
  return found.map(({ rule, text }) => `${rule}: ${text}`).join("\n");
}
