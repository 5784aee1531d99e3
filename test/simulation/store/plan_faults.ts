/** Draws the faults of a run: which, when, and whom they strike. */
import type { Random } from "../random.ts";
import type { Climate } from "./climate.ts";
import type { Damage, Planned, PlannedFault, Sizes, Target } from "./plan.ts";

/** Kinds of faults that can be switched off. */
export const FAULT_KINDS: readonly PlannedFault["kind"][] = [
  "crash",
  "crash of all",
  "stop",
  "pause",
  "isolate",
  "cut",
  "partition",
  "nominate",
  "flush fails",
  "disk full",
  "disk hangs",
  "wall clock jumps",
  "asked again",
];

/** Do harm at one moment only: stories alone deal them. */
const ONLY_TOLD: readonly PlannedFault["kind"][] = ["disk hangs", "asked again"];
/** A crash is many faults: of the process or the machine, between any two effects, with damage. */
const DEALT: readonly PlannedFault["kind"][] = [
  ...FAULT_KINDS.filter((kind) => !ONLY_TOLD.includes(kind)), "crash", "crash", "crash",
];

export const DAMAGES: readonly Damage[] = [
  "flipped bit",
  "cut short",
  "log deleted",
  "promise deleted",
  "wiped",
];

export function drawFaults(random: Random, sizes: Sizes, climate: Climate): Planned[] {
  return new Drawing(random, sizes, climate).faults();
}

class Drawing {
  readonly #random: Random;
  readonly #sizes: Sizes;
  readonly #climate: Climate;

  constructor(random: Random, sizes: Sizes, climate: Climate) {
    this.#random = random;
    this.#sizes = sizes;
    this.#climate = climate;
  }

  faults(): Planned[] {
    const random = this.#random;
    const faults: Planned[] = [];
    const { faultEveryMs, faultsMs, kinds: given } = this.#climate;
    const everyMs = random.pick(faultEveryMs);
    const kinds = given ?? this.#drawKinds();
    if (kinds.length === 0) return this.#stories();
    const start = random.around(everyMs / 2);
    for (let atMs = start; atMs < faultsMs; atMs += random.around(everyMs)) {
      faults.push({ atMs, ...this.#fault(random.pick(kinds)) });
    }
    return [...faults, ...this.#stories()];
  }

  #stories(): Planned[] {
    const random = this.#random;
    const { stories, storyEveryMs, storyTakesMs, faultsMs } = this.#climate;
    const steps: Planned[] = [];
    if (stories.length === 0) return [];
    let beginMs = random.around(storyEveryMs / 2);
    for (; beginMs < faultsMs; beginMs += storyTakesMs + random.around(storyEveryMs)) {
      for (const step of random.pick(stories)(random, this.#sizes)) {
        steps.push({ ...step, atMs: beginMs + step.atMs });
      }
    }
    return steps;
  }

  /** Some runs know only a few kinds: everything at once hides what needs one missing. */
  #drawKinds(): readonly PlannedFault["kind"][] {
    const random = this.#random;
    return random.chance(0.5) ? DEALT : DEALT.filter(() => random.chance(0.4));
  }

  #fault(kind: PlannedFault["kind"]): PlannedFault {
    const random = this.#random;
    const who = this.#target();
    const replica = this.#replica();
    const downMs = random.pick(this.#climate.downMs);
    const forMs = random.pick(this.#climate.lastsMs);
    switch (kind) {
      case "crash": {
        const effects = random.chance(0.4) ? 0 : 1 + random.below(30);
        const damage = random.chance(this.#climate.damage) ? random.pick(DAMAGES) : null;
        const power = random.chance(this.#climate.power);
        return { kind, who, power, effects, downMs, damage };
      }
      case "crash of all": {
        const all = random.pick(["orders", "everybody"] as const);
        return { kind, who: all, power: random.chance(this.#climate.power), downMs };
      }
      case "stop":
        return { kind, who, downMs };
      case "pause":
      case "isolate":
        return { kind, who, forMs };
      case "disk hangs":
        return { kind, who: replica, forMs };
      case "cut":
        return { kind, who, from: this.#target(), oneWay: random.chance(0.6), forMs };
      case "partition":
        return { kind, side: this.#everybody().filter(() => random.chance(0.4)), forMs };
      case "nominate":
        return { kind, who: replica };
      case "asked again":
        return { kind, who: "the catalog leader", from: "frontend 1" };
      case "flush fails":
        return { kind, who: replica, downMs };
      case "disk full":
        return { kind, who: replica, isHard: random.chance(0.3), forMs };
      case "wall clock jumps":
        return { kind, who, byMs: random.pick([-3_600_000, -10, 10, 3_600_000]) };
    }
  }

  #target(): Target {
    const random = this.#random;
    const { frontends } = this.#sizes;
    const { shares } = this.#climate;
    if (shares !== null) return this.#sharedTarget(shares);
    if (random.chance(0.3)) return "the order leader";
    if (random.chance(0.35)) return `frontend ${1 + random.below(frontends)}`;
    return this.#replica();
  }

  #sharedTarget([leader, catalog, frontend]: readonly [number, number, number]): Target {
    const random = this.#random;
    const { orders, catalogs, frontends } = this.#sizes;
    const drawn = random.next();
    if (drawn < leader) return "the order leader";
    if (drawn < leader + catalog) return `catalog ${1 + random.below(catalogs)}`;
    if (drawn < leader + catalog + frontend) return `frontend ${1 + random.below(frontends)}`;
    return `order ${1 + random.below(orders)}`;
  }

  #replica(): Target {
    const random = this.#random;
    const { orders, catalogs } = this.#sizes;
    if (random.chance(0.25)) return "the order leader";
    if (random.chance(0.35)) return `catalog ${1 + random.below(catalogs)}`;
    return `order ${1 + random.below(orders)}`;
  }

  #everybody(): Target[] {
    const { orders, catalogs, frontends } = this.#sizes;
    const named = (kind: string, count: number) =>
      Array.from({ length: count }, (_, at) => `${kind} ${at + 1}`);
    return [...named("order", orders), ...named("catalog", catalogs),
      ...named("frontend", frontends)];
  }
}
