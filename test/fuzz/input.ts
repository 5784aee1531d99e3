/**
 * One input of the fuzzer: what goes over one connection, step by step, and what may be
 * expected back. It comes from the seed, its number and what the store was like (Scene) alone,
 * so that a failing one is played again by naming its number.
 */
import { Random } from "../simulation/random.ts";
import { applyManner } from "./manners.ts";
import { drawBytes, type Drawn } from "./requests.ts";

/** Through which door: the public port, an internal one without the secret, one with it. */
export type Door = "public" | "internal" | "secret";

export type Step =
  | { do: "send"; bytes: Buffer }
  | { do: "pause"; ms: number }
  /** Our side is over; the answer is still read. */
  | { do: "end" }
  /** Until the first byte of an answer, or for a short while. */
  | { do: "await" }
  | { do: "reset" }
  | { do: "leave" };

/** A port, and what a forger knows of the member behind it. */
export interface Target {
  door: Door;
  /** `order-2` */
  label: string;
  port: number;
  kind: "frontend" | "catalog" | "order";
  id: number;
  term: number;
  leader: number;
  lastIndex: number;
  commit: number;
  checksum: number;
  /** The last rows of its log, as on disk. */
  rows: string[];
}

/** What the generators know of the store. */
export interface Scene {
  store: string;
  targets: Target[];
  /** Products that are bought and looked up; the first is for the good requests alone. */
  names: string[];
  adminToken: string;
  secret: string;
  birth: string;
}

export interface Input extends Drawn {
  nth: number;
  target: Target;
  /** `post/reset`: what it is, and in what manner it is sent. */
  kind: string;
  steps: Step[];
  /** The client goes before the answer is whole: whatever came of it will do. */
  leaves: boolean;
}

export function drawInput(seed: number, nth: number, scene: Scene): Input {
  const random = new Random((seed ^ Math.imul(nth + 1, 0x85ebca6b)) >>> 0);
  const target = random.pick(scene.targets);
  const drawn = drawBytes(random, scene, target);
  const { manner, steps, ...rest } = applyManner(random, drawn.bytes);
  // Members never end their side alone: on an internal port that is to go.
  const leaves = rest.leaves || (manner === "half-closed" && target.door !== "public");
  const kind = `${drawn.what}/${manner}`;
  return { ...drawn, nth, target, kind, steps, leaves, due: leaves ? 0 : drawn.due };
}
