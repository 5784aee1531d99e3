/** What a run about each focus is made of: sizes, weather, who asks how often, what strikes. */
import type { Random } from "../random.ts";
import type { Focus } from "./focus.ts";
import type { Weather } from "./network_weather.ts";
import type { Plan, PlannedFault, Sizes } from "./plan.ts";
import { COPIES, DEAF, DISKS, LEADERS, POWER, RESTARTS, type Story } from "./stories.ts";
import { ISLANDS, SLEEPERS } from "./stories_of_islands.ts";
import { LOGS } from "./stories_of_logs.ts";
import { ALONE, HANGS, OVERTAKEN } from "./stories_of_sales.ts";

type Kind = PlannedFault["kind"];

/** What differs from a run about anything. */
export interface Climate {
  sizes: Partial<Sizes>;
  weather: Partial<Weather>;
  rest: Partial<
    Pick<
      Plan,
      | "cacheSize" | "checkpointEveryRows" | "flushMs" | "slowFlushes" | "restockMs" | "restockTo"
    >
  >;
  /** Mean times between two purchases, two look-ups, two orders looked up, in ms. */
  buyEveryMs: readonly number[];
  lookEveryMs: readonly number[];
  findEveryMs: number;
  /** Share of what is asked for that is the first product. */
  hot: number;
  /** Share of look-ups by one thread: the other's are few then. */
  sameThread: number;
  /** Share of buyers who ask once. */
  once: number;
  /** Faults rain for so long; means between two, and how long those last that end by themselves. */
  faultsMs: number;
  faultEveryMs: readonly number[];
  lastsMs: readonly number[];
  downMs: readonly number[];
  /** What strikes, each as often as it stands here; null: drawn for each run. */
  kinds: readonly Kind[] | null;
  /** Whom: shares of the order leader, the catalogs and the front-ends; null: everybody's. */
  shares: readonly [number, number, number] | null;
  /** Shares of crashes that are losses of power, and of those in which a file is damaged. */
  power: number;
  damage: number;
  /** What befalls them one after the other, and its mean time. */
  stories: readonly Story[];
  storyEveryMs: number;
  /** No other begins for so long: where one would spoil the other. */
  storyTakesMs: number;
}

const ANYTHING: Climate = {
  sizes: {},
  weather: {},
  rest: {},
  buyEveryMs: [20, 60, 150],
  lookEveryMs: [10, 30, 90],
  findEveryMs: 200,
  hot: 0.6,
  sameThread: 0,
  once: 0.15,
  faultsMs: 2_000,
  faultEveryMs: [150, 350, 700, 2_000],
  lastsMs: [50, 250, 700, 1_500],
  downMs: [20, 100, 400, 1_200],
  kinds: null,
  shares: null,
  power: 0.5,
  damage: 0.25,
  stories: [],
  storyEveryMs: 1,
  storyTakesMs: 0,
};

/** Few faults but the stories'. */
const TOLD: Climate = {
  ...ANYTHING,
  lookEveryMs: [8],
  buyEveryMs: [40],
  hot: 0.9,
  sameThread: 0.7,
  faultsMs: 3_000,
  faultEveryMs: [1_500],
  storyEveryMs: 1_000,
};

const QUIET = { slow: 0, loseRequest: 0, loseAnswer: 0, double: 0 };
const OF_THREE = { orders: 3, orderQuorum: 2 };

/** Much is sold, soon, with hardly a fault but the stories'. */
const BRISK: Climate = {
  ...TOLD,
  sizes: { ...OF_THREE, catalogs: 1 },
  weather: { ...QUIET, messageMs: 0.5 },
  rest: { flushMs: 1, slowFlushes: 0, restockMs: 200, restockTo: 3, cacheSize: 0 },
  buyEveryMs: [10, 20],
  lookEveryMs: [90],
};

const CLIMATES: Record<Focus, (random: Random, catalogs: number) => Climate> = {
  anything: () => ANYTHING,
  disks: (random, catalogs) => ({
    ...ANYTHING,
    sizes: { ...OF_THREE, catalogs },
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
    stories: DISKS,
    storyEveryMs: 800,
  }),
  logs: (random) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs: 3 },
    rest: { checkpointEveryRows: 10, flushMs: random.pick([1, 5]), restockMs: 100, restockTo: 50 },
    // Who misses as many rows as two checkpoints hold would never catch up.
    weather: { messageMs: random.pick([5, 20]), slow: 0, loseRequest: 0, loseAnswer: 0 },
    buyEveryMs: [20],
    lookEveryMs: [200],
    hot: 0.5,
    kinds: [],
    stories: LOGS,
    storyEveryMs: 1_200,
  }),
  power: (random) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs: 1 },
    rest: { flushMs: random.pick([10, 30]), slowFlushes: random.pick([0, 0.05]), restockMs: 200 },
    buyEveryMs: [10, 20],
    lookEveryMs: [10],
    stories: POWER,
    storyEveryMs: 300,
  }),
  reads: (random, catalogs) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs, frontends: 2 },
    rest: { cacheSize: 8, flushMs: 1, restockMs: 200 },
    weather: { messageMs: random.pick([8, 20, 40]), slow: random.pick([0, 0.03]) },
    lookEveryMs: [3],
    buyEveryMs: [40],
    hot: 0.95,
    sameThread: 0.9,
    faultsMs: 2_000,
  }),
  leases: (random, catalogs) => ({
    ...ANYTHING,
    sizes: { ...OF_THREE, catalogs },
    weather: {
      messageMs: random.pick([2, 8, 30]),
      slow: random.pick([0.02, 0.2]),
      loseAnswer: random.pick([0, 0.1, 0.3]),
    },
    buyEveryMs: [40, 80],
    lookEveryMs: [6, 12],
    hot: 0.9,
    sameThread: 0.7,
    faultEveryMs: [100, 200, 400],
    kinds: ["crash", "stop", "pause", "isolate", "cut", "cut", "partition", "nominate"],
    shares: [0.05, 0.5, 0.4],
  }),
  deaf: (random, catalogs) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs },
    rest: { cacheSize: 8 },
    weather: { messageMs: random.pick([2, 8, 20]), double: 0.5, late: 0.9 },
    buyEveryMs: [40, 150],
    lookEveryMs: [5],
    hot: 0.6,
    stories: DEAF,
    storyEveryMs: 200,
    storyTakesMs: 1_200,
  }),
  leaders: (random) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs: 3 },
    rest: { cacheSize: 8 },
    weather: { messageMs: random.pick([0.5, 2, 8]) },
    findEveryMs: 30,
    faultsMs: 4_000,
    stories: LEADERS,
    storyEveryMs: 1_500,
  }),
  sleepers: (random, catalogs) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs, frontends: 2 },
    rest: { cacheSize: 8, restockMs: 600, restockTo: 50 },
    weather: { ...QUIET, messageMs: random.pick([2, 8, 20]) },
    buyEveryMs: [60],
    lookEveryMs: [5],
    hot: 0.4,
    faultsMs: 3_500,
    faultEveryMs: [4_000],
    stories: SLEEPERS,
    storyEveryMs: 200,
    storyTakesMs: 1_400,
  }),
  islands: (random) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs: 1, frontends: 2 },
    rest: { cacheSize: 8, flushMs: 1, slowFlushes: 0, restockMs: 600, restockTo: 50 },
    weather: {
      ...QUIET,
      messageMs: random.pick([0.5, 2, 8]),
      double: random.pick([0, 0.6]),
      late: 0.9,
      hearsOfDeath: 1,
    },
    buyEveryMs: [100],
    lookEveryMs: [8],
    hot: 0.6,
    faultsMs: 4_000,
    faultEveryMs: [4_000],
    stories: ISLANDS,
    storyEveryMs: 100,
    storyTakesMs: 1_000,
  }),
  restarts: (random) => ({
    ...TOLD,
    sizes: { ...OF_THREE, catalogs: 1 },
    rest: { cacheSize: 8 },
    weather: {
      messageMs: random.pick([2, 8, 20]),
      double: random.pick([0, 0.3]),
      late: 0.7,
      loseAnswer: random.pick([0, 0.2]),
    },
    buyEveryMs: [15, 40],
    lookEveryMs: [15],
    stories: RESTARTS,
    storyEveryMs: 500,
  }),
  sales: (random) => ({
    ...ANYTHING,
    weather: { double: random.pick([0, 0.3]), late: random.pick([0.2, 0.7]) },
    buyEveryMs: [15, 30],
    lookEveryMs: [60],
    faultEveryMs: [100, 200, 400],
    kinds: ["crash", "crash", "pause", "isolate", "stop", "nominate", "partition"],
    shares: [0.4, 0.3, 0.15],
  }),
  copies: (random) => ({
    ...TOLD,
    sizes: OF_THREE,
    rest: { restockMs: 200, restockTo: random.pick([1, 3]) },
    weather: { messageMs: random.pick([0.5, 2, 8]), double: 0.5, late: 0.9, loseAnswer: 0.1 },
    buyEveryMs: [10],
    lookEveryMs: [40],
    stories: COPIES,
    storyEveryMs: 700,
  }),
  overtaken: () => ({ ...BRISK, stories: OVERTAKEN, storyEveryMs: 500 }),
  hangs: () => ({
    ...BRISK,
    buyEveryMs: [20, 40],
    stories: HANGS,
    storyEveryMs: 2_000,
  }),
  // Who sells nothing else is answered although no order gets anywhere.
  alone: (random) => ({
    ...BRISK,
    rest: { ...BRISK.rest, restockMs: random.pick([200, 600]) },
    buyEveryMs: [20, 40],
    hot: 1,
    faultEveryMs: [5_000],
    stories: ALONE,
    storyEveryMs: 2_000,
  }),
  outages: () => ({
    ...ANYTHING,
    sizes: OF_THREE,
    buyEveryMs: [60],
    lookEveryMs: [400],
    once: 0.7,
    faultsMs: 7_000,
    faultEveryMs: [700],
    lastsMs: [1_500, 4_000, 6_000],
    downMs: [1_500, 4_000, 6_000],
    kinds: ["crash", "crash of all", "isolate", "cut", "partition", "stop"],
    shares: [0.5, 0.2, 0.1],
    damage: 0,
  }),
};

export function drawClimate(focus: Focus, random: Random): Climate {
  const catalogs = random.chance(0.5) ? 1 : 3;
  return CLIMATES[focus](random, catalogs);
}
