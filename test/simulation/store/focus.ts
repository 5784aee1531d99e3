/**
 * What a run is about. Half of all runs draw from everything alike; the others
 * look at one place for longer: a fault that does harm only together with two
 * others is hardly ever met where twenty kinds of them fall on ten members.
 * The focus comes from the seed, or is asked for.
 *
 *   disks    power is lost between any two writes, files are damaged, flushes
 *            fail, logs are cut, checkpoints are many
 *   leases   catalog and front-ends: who serves from a cache, who leads, who hears whom
 *   sales    order leaders and catalog: sessions, fences, requests that come late and twice
 */
import type { Random } from "../random.ts";
import type { Weather } from "./network_weather.ts";
import type { Plan, PlannedFault, Sizes } from "./plan.ts";

export const FOCI = ["anything", "disks", "leases", "sales"] as const;
export type Focus = (typeof FOCI)[number];

type Kind = PlannedFault["kind"];

/** What differs from a run about anything. */
export interface Climate {
  sizes: Partial<Sizes>;
  weather: Partial<Weather>;
  rest: Partial<Pick<Plan, "checkpointEveryRows" | "flushMs" | "restockMs">>;
  /** Mean times between two purchases, two look-ups, two faults. */
  buyEveryMs: readonly number[];
  lookEveryMs: readonly number[];
  faultEveryMs: readonly number[];
  /** What strikes, each as often as it stands here; null: drawn for each run. */
  kinds: readonly Kind[] | null;
  /** Whom: shares of the order leader, the catalogs and the front-ends; null: everybody's. */
  shares: readonly [number, number, number] | null;
  /** Shares of crashes that are losses of power, and of those in which a file is damaged. */
  power: number;
  damage: number;
}

const ANYTHING: Climate = {
  sizes: {},
  weather: {},
  rest: {},
  buyEveryMs: [20, 60, 150],
  lookEveryMs: [10, 30, 90],
  faultEveryMs: [150, 350, 700, 2_000],
  kinds: null,
  shares: null,
  power: 0.5,
  damage: 0.25,
};

export function drawFocus(random: Random): Focus {
  return random.chance(0.5) ? "anything" : random.pick(FOCI.slice(1));
}

export function drawClimate(focus: Focus, random: Random): Climate {
  const catalogs = random.chance(0.5) ? 1 : 3;
  switch (focus) {
    case "anything":
      return ANYTHING;
    case "disks":
      return {
        ...ANYTHING,
        sizes: { catalogs, orders: 3, orderQuorum: 2 },
        rest: {
          checkpointEveryRows: catalogs === 1 ? random.pick([3, 10]) : random.pick([20, 40]),
          flushMs: random.pick([1, 5, 15]),
        },
        buyEveryMs: [20, 40],
        lookEveryMs: [90],
        faultEveryMs: [60, 120, 250],
        kinds: ["crash", "crash", "crash", "crash of all", "flush fails", "nominate", "isolate"],
        shares: [0.25, 0.4, 0],
        power: 0.8,
        damage: 0.4,
      };
    case "leases":
      return {
        ...ANYTHING,
        sizes: { catalogs, orders: 3, orderQuorum: 2 },
        weather: { slow: random.pick([0, 0.05, 0.2]), loseAnswer: random.pick([0, 0.1, 0.3]) },
        buyEveryMs: [40, 80],
        lookEveryMs: [10, 20],
        faultEveryMs: [100, 200, 400],
        kinds: ["crash", "stop", "pause", "isolate", "cut", "cut", "partition", "nominate"],
        shares: [0.05, 0.5, 0.4],
      };
    case "sales":
      return {
        ...ANYTHING,
        weather: { double: random.pick([0, 0.3]), late: random.pick([0.2, 0.7]) },
        buyEveryMs: [15, 30],
        lookEveryMs: [60],
        faultEveryMs: [100, 200, 400],
        kinds: ["crash", "crash", "pause", "isolate", "stop", "nominate", "partition"],
        shares: [0.4, 0.3, 0.15],
      };
  }
}
