/** What makes up a climate, and those that others begin with. */
import type { Weather } from "./network_weather.ts";
import type { Plan, PlannedFault, Sizes } from "./plan.ts";
import type { Story } from "./stories.ts";

type Kind = PlannedFault["kind"];

/** What differs from a run about anything. */
export interface Climate {
  sizes: Partial<Sizes>;
  weather: Partial<Weather>;
  rest: Partial<
    Pick<
      Plan,
      | "cacheSize" | "checkpointEveryRows" | "flushMs" | "slowFlushes" | "restockMs" | "restockTo"
      | "listRows" | "listTurnMs" | "tailRowsMax"
    >
  >;
  /** Mean times between two purchases, two look-ups, two orders looked up, in ms. */
  buyEveryMs: readonly number[];
  lookEveryMs: readonly number[];
  findEveryMs: number;
  /** Share of purchases at which many come at once. */
  rushes: number;
  /** Share of look-ups that are lists. */
  lists: number;
  /** Share of runs with an admin, where there need not be one; and mean times of his changes. */
  admins: number;
  adminEveryMs: readonly number[];
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

export const ANYTHING: Climate = {
  sizes: {},
  weather: {},
  rest: {},
  buyEveryMs: [20, 60, 150],
  lookEveryMs: [10, 30, 90],
  findEveryMs: 200,
  rushes: 0.04,
  lists: 0.2,
  admins: 0.3,
  adminEveryMs: [200, 500],
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
export const TOLD: Climate = {
  ...ANYTHING,
  lookEveryMs: [8],
  buyEveryMs: [40],
  hot: 0.9,
  sameThread: 0.7,
  faultsMs: 3_000,
  faultEveryMs: [1_500],
  storyEveryMs: 1_000,
};

export const QUIET = { slow: 0, loseRequest: 0, loseAnswer: 0, double: 0 };
export const OF_THREE = { orders: 3, orderQuorum: 2 };

/** Much is sold, soon, with hardly a fault but the stories'. */
export const BRISK: Climate = {
  ...TOLD,
  sizes: { ...OF_THREE, catalogs: 1 },
  weather: { ...QUIET, messageMs: 0.5 },
  rest: { flushMs: 1, slowFlushes: 0, restockMs: 200, restockTo: 3, cacheSize: 0 },
  buyEveryMs: [10, 20],
  lookEveryMs: [90],
};
