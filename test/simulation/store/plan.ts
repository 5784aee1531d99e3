/**
 * What one run is made of, all of it drawn from the seed before it begins: how
 * many members, what the weather is like, who buys and looks up what and when,
 * and which faults strike whom. A run is its plan: played again it is the same
 * to the last byte, and with some of it left out it is a shorter one
 * (shorten.ts). Chance that is drawn on the way (delays, torn writes) comes
 * from streams of its own.
 */
import type { InitialProduct } from "../../../catalog/state/products.ts";
import { LIST_ROWS, type ListRows } from "../../../catalog/calls/searches.ts";
import { BALANCES, type Balance } from "../../../shared/member/config.ts";
import type { OrderType, Traits } from "../../../shared/messages/messages.ts";
import type { ListedPart } from "../../checker/history.ts";
import { Random } from "../random.ts";
import { drawClimate } from "./climates.ts";
import { drawFocus, type Focus } from "./focus.ts";
import { calmed, drawWeather, type Weather } from "./network_weather.ts";
import { drawActs } from "./plan_acts.ts";
import { drawFaults } from "./plan_faults.ts";
import {
  drawProducts, drawStore, newcomersOf, STORES, type Newcomer, type StoreName,
} from "./wares.ts";

export { DAMAGES, FAULT_KINDS } from "./plan_faults.ts";

export interface Sizes {
  frontends: number;
  orders: number;
  catalogs: number;
  /** Copies of an order that commit; below a majority orders may be lost. */
  orderQuorum: number;
}

export type Damage = "flipped bit" | "cut short" | "log deleted" | "promise deleted" | "wiped";

/**
 * Whom a fault strikes: a member by name; `the order leader` or `the catalog leader`, who leads
 * when it strikes; `the first order follower` or `the second order follower`, who do not; or
 * `who was struck` by the last pause or isolation.
 */
export type Target = string;

export type PlannedFault =
  /** Killed, or its machine loses power; at once, or after so many more of its effects. */
  | {
      kind: "crash";
      who: Target;
      power: boolean;
      effects: number;
      downMs: number;
      damage: Damage | null;
      /** Its effects are counted from when it next shortens its log, in this life or another. */
      isInCut?: boolean;
    }
  | { kind: "crash of all"; who: "orders" | "everybody"; power: boolean; downMs: number }
  /** A planned one: it hands over first. */
  | { kind: "stop"; who: Target; downMs: number }
  | { kind: "pause"; who: Target; forMs: number }
  /** It hears nobody and is not heard; or all but its group hear it, and it hears everybody. */
  | { kind: "isolate"; who: Target; forMs: number; isUnheard?: boolean }
  | { kind: "cut"; who: Target; from: Target; oneWay: boolean; forMs: number }
  /** Those at one side hear nobody at the other; people reach all. */
  | { kind: "partition"; side: readonly Target[]; forMs: number }
  | { kind: "nominate"; who: Target }
  /** What that front-end asked when it began comes once more: it holds no lease, it says. */
  | { kind: "asked again"; who: Target; from: Target }
  | { kind: "flush fails"; who: Target; downMs: number }
  | { kind: "disk full"; who: Target; isHard: boolean; forMs: number }
  /** No flush that begins ends before it is over. */
  | { kind: "disk hangs"; who: Target; forMs: number }
  | { kind: "wall clock jumps"; who: Target; byMs: number };

export type PlannedAct =
  | {
      kind: "order";
      key: string;
      name: string;
      /** Of one piece that is bought by the id of the product; null: by its name. */
      id: number | null;
      type: OrderType;
      quantity: number;
      /** Sent twice at the same moment, to another front-end as it is or for something else. */
      twin: "" | "same" | "other";
      /** Afterwards once more, as it was or for something else. */
      again: "" | "same" | "other";
      /** Whoever gets no answer, or is told that it is not known, leaves it at that. */
      once: boolean;
      /** Looks at what is left, at another front-end, as soon as it is answered. */
      looks: boolean;
    }
  | { kind: "look"; name: string; id: number | null; thread: number }
  | { kind: "list"; topic: string | null; byId: boolean; part: ListedPart; thread: number }
  /** By the admin: pieces, below 0 those taken away, and a price; null: that stays. */
  | { kind: "admin"; does: "change"; name: string; added: number | null; price: number | null }
  /** With so many pieces; without traits: those that it had, if it had any. */
  | { kind: "admin"; does: "make"; name: string; added: number; price: number; traits: Traits }
  | { kind: "admin"; does: "remove"; name: string }
  /** So far beyond the highest number that anybody was told. */
  | { kind: "find"; beyond: number };

export type Planned = { atMs: number } & (
  | (PlannedAct & { client: number; frontend: number })
  | PlannedFault
);

export interface Plan {
  seed: number;
  focus: Focus;
  sizes: Sizes;
  weather: Weather;
  store: StoreName;
  /** What is sold, as it was at first. */
  products: readonly InitialProduct[];
  /** What the admin may make. */
  newcomers: readonly Newcomer[];
  restockMs: number;
  restockTo: number;
  cacheSize: number;
  /** How look-ups are spread over several catalogs. */
  balance: Balance;
  /** Rows between two checkpoints of the catalog. */
  checkpointEveryRows: number;
  /** That the catalog's leader has in memory. Of a follower that lacks more the rest is on disk. */
  tailRowsMax: number;
  /** Of the catalog's lists: products that a turn looks at, and the mean pause between two, ms. */
  listRows: ListRows;
  listTurnMs: number;
  /** Mean of the disk's flushes, ms; and the share of those that take up to two seconds. */
  flushMs: number;
  slowFlushes: number;
  /** By how much clocks may run fast or slow. */
  drift: number;
  /** Faults rain for so long. */
  faultsMs: number;
  /** In order of time; ms from when the store was ready. */
  events: readonly Planned[];
}

/** More rows than any run has. */
export const NEVER = 1_000_000;

export interface Wanted {
  /** Null: the seed's own, as is the store. */
  focus: Focus | null;
  store: StoreName | null;
}

/** @param without kinds of faults */
export function drawPlan(
  seed: number,
  without: ReadonlySet<string> = new Set(),
  wanted: Partial<Wanted> = {},
): Plan {
  const random = new Random(seed);
  // Streams of their own: who asks for a focus or a store changes nothing else.
  const focusing = new Random(seed * 8);
  const own = drawFocus(focusing);
  const focus = wanted.focus ?? own;
  const stocking = new Random(seed * 8 + 4);
  const drawn = drawStore(stocking);
  const listing = new Random(seed * 8 + 5);
  const store = wanted.store ?? drawn;
  const products = drawProducts(stocking, store);
  const newcomers = newcomersOf(store);
  const climate = drawClimate(focus, focusing);
  const sizes = { ...drawSizes(random), ...climate.sizes };
  const weather = calmed({ ...drawWeather(random), ...climate.weather }, without);
  const plan = {
    seed,
    focus,
    sizes,
    weather,
    store,
    products,
    newcomers,
    restockMs: random.pick([0, 200, 600]),
    restockTo: random.pick([1, 10, 50]),
    cacheSize: random.chance(0.9) ? random.pick([1, 2, 8]) : 0,
    balance: focusing.pick(BALANCES),
    checkpointEveryRows: drawCheckpoints(random),
    ...drawListing(listing),
    tailRowsMax: listing.pick([2, 10, NEVER]),
    flushMs: random.pick([0.2, 1, 5, 30]),
    slowFlushes: random.chance(0.15) ? 0.03 : 0,
    drift: random.chance(0.5) ? 0.005 : 0,
    faultsMs: climate.faultsMs,
    ...climate.rest,
  };
  if (!STORES[store].restocks) plan.restockMs = 0;
  const acts = drawActs({ random, listing, sizes, climate, store, products, newcomers });
  const faults = drawFaults(random, sizes, climate).filter(({ kind }) => !without.has(kind));
  return { ...plan, events: [...acts, ...faults].sort((a, b) => a.atMs - b.atMs) };
}

/** Most often a list of all there is takes three turns or more. */
function drawListing(random: Random): Pick<Plan, "listRows" | "listTurnMs"> {
  const few = { atOnce: 1, aTurn: random.pick([1, 1, 2]), aheadMax: random.pick([12, 40, 200]) };
  const listTurnMs = random.pick([1, 4, 12]);
  return { listRows: random.chance(0.8) ? few : LIST_ROWS, listTurnMs };
}

/** None, most often. */
function drawCheckpoints(random: Random): number {
  const rows = random.pick([5, 20]);
  return random.chance(0.3) ? rows : NEVER;
}

function drawSizes(random: Random): Sizes {
  const orders = random.chance(0.8) ? 3 : 5;
  return {
    frontends: random.chance(0.9) ? 2 : 3,
    orders,
    catalogs: random.chance(0.8) ? 1 : 3,
    orderQuorum: random.chance(0.05) ? 1 : Math.floor(orders / 2) + 1,
  };
}
