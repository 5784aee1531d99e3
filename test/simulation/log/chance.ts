/**
 * Who uses the group and what befalls it, drawn from the seed: nominations
 * and hand-overs, proposals, questions whether a leader still leads; crashes,
 * torn appends, damaged disks.
 */
import type { NodeAction } from "./actions.ts";
import type { Node } from "./node.ts";
import type { Random } from "../random.ts";
import type { Weather } from "./weather.ts";
import type { World } from "./world.ts";

const ROWS_AT_ONCE_MAX = 4;
const HAND_OVER = 0.2;
const OUTRANK = 0.01;
/** What came meanwhile is handled at its end, which may be in the second phase. */
const PAUSE_MAX_MS = 5_000;
/** Outputs until a crash that was announced. */
const CRASH_WITHIN_OUTPUTS = 6;

export class Chance {
  #world: World;
  #random: Random;
  #weather: Weather;
  #proposals = 0;

  constructor(world: World, random: Random, weather: Weather) {
    this.#world = world;
    this.#random = random;
    this.#weather = weather;
  }

  /** What a user of the group does next; null when there is nobody to do it to. */
  use(): NodeAction | null {
    const random = this.#random;
    const { nominate, confirm } = this.#weather;
    const roll = random.next();
    if (roll < nominate) return this.#nominate();
    const leader = roll < nominate + confirm ? this.#oldestLeader() : this.#anyLeader();
    if (leader === null) return this.#nominate();
    const node = leader.id;
    if (roll < nominate + confirm) return { kind: "confirm", node };
    if (random.chance(OUTRANK)) return { kind: "outrank", node, above: random.below(3) };
    const count = 1 + random.below(ROWS_AT_ONCE_MAX);
    const payloads: string[] = [];
    for (let i = 0; i < count; i++) payloads.push(`p${++this.#proposals}`);
    return { kind: "propose", node, payloads };
  }

  #nominate(): NodeAction {
    const random = this.#random;
    const { nodes } = this.#world;
    const node = random.pick(nodes);
    const leader = random.chance(HAND_OVER) ? this.#anyLeader() : null;
    return { kind: "nominate", node: node.id, handover: leader?.state.term ?? null };
  }

  /** One that holds itself for the leader of an open term: there may be several. */
  #anyLeader(): Node | null {
    const { nodes } = this.#world;
    const first = this.#random.below(nodes.length);
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[(first + i) % nodes.length]!;
      if (node.alive && node.state.leading?.open === true) return node;
    }
    return null;
  }

  /** The one that is most likely replaced and does not know it. */
  #oldestLeader(): Node | null {
    let oldest: Node | null = null;
    for (const node of this.#world.nodes) {
      if (!node.alive || node.state.leading?.open !== true) continue;
      if (oldest === null || node.state.term < oldest.state.term) oldest = node;
    }
    return oldest;
  }

  /** Some crash now with writes under way, some between two effects of a step to come. */
  crash(node: Node): NodeAction {
    const random = this.#random;
    if (random.chance(this.#weather.crashBetween)) {
      return { kind: "crash soon", node: node.id, outputs: random.below(CRASH_WITHIN_OUTPUTS) };
    }
    const flushed = random.below(node.pending.length + 1);
    const next = node.pending[flushed];
    const tornRows = next?.kind === "append" ? random.below(next.rows.length) : 0;
    return { kind: "crash", node: node.id, flushed, tornRows };
  }

  pauseMs(): number {
    return Math.min(this.#random.around(this.#weather.pauseMs), PAUSE_MAX_MS);
  }

  /** Fewer disks than a quorum needs may be bad at a time, or everything may be lost. */
  damage(node: Node): NodeAction | null {
    const random = this.#random;
    const { damage } = this.#weather;
    if (damage === 0 || !random.chance(damage)) return null;
    const { nodes, judge } = this.#world;
    const bad = nodes.filter(({ id, disk }) => id !== node.id && disk.isRecovering).length;
    const badMax = Math.min(nodes.length - judge.quorum, (nodes.length - 1) / 2);
    if (bad >= badMax) return null;
    const rowsKept = random.below(node.disk.rows.length + 1);
    return { kind: "damage", node: node.id, rowsKept, keepsPromise: random.chance(0.3) };
  }
}
