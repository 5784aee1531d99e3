/**
 * The places of a simulated store and who lives there: starts members, ends
 * them, and starts them again, whatever befell them. It decides nothing: the
 * run does, by its plan.
 */
import type { Log } from "../../../shared/logging.ts";
import type { Random } from "../random.ts";
import { Machine } from "./machine.ts";
import { Members, type Kind, type Place, type Running } from "./members.ts";
import type { Network } from "./network.ts";
import type { Plan } from "./plan.ts";
import { SimDisk } from "./sim_disk.ts";
import type { Timeline } from "./timeline.ts";
import { Violation } from "./violation.ts";
import type { Witness } from "./witness.ts";

export interface TownOptions {
  plan: Plan;
  timeline: Timeline;
  network: Network;
  witness: Witness;
  random: Random;
  count: (name: string) => void;
  trace: ((line: string) => void) | null;
}

/** A place, and who lives there now. */
export interface Home extends Place {
  running: Running | null;
  /** A planned stop is under way. */
  isStopping: boolean;
  /** Rows were lost while it was down, and have not been fetched again yet. */
  isDamaged: boolean;
}

/** What a replica says of a disk that has lost something. */
const DAMAGED = "damaged: recovering from the others";
/** A process that ended by itself is started again after this. */
const RESTART_MS = 100;

export class Town {
  readonly homes: readonly Home[];
  /** What must never happen, once it has. */
  violation: Violation | null = null;
  readonly #options: TownOptions;
  readonly #members: Members;

  constructor(options: TownOptions) {
    this.#options = options;
    const { plan, network, witness, random } = options;
    const { orders, catalogs, frontends } = plan.sizes;
    this.homes = [
      ...this.#homesOf("catalog", catalogs),
      ...this.#homesOf("order", orders),
      ...this.#homesOf("frontend", frontends),
    ];
    this.#members = new Members({
      plan,
      network,
      witness,
      random: () => random.next(),
      count: options.count,
      logOf: (place) => this.#logOf(place),
      fail: (place, error) => this.#fail(place as Home, error),
    });
  }

  home(name: string): Home {
    return this.homes.find(({ machine }) => machine.name === name)!;
  }

  of(kind: Kind): Home[] {
    return this.homes.filter((home) => home.kind === kind);
  }

  /** Of several that lead, as an old one may for a moment, the one of the highest term. */
  leader(group: "order" | "catalog"): Home | null {
    let found: Home | null = null;
    let highest = 0;
    for (const home of this.of(group)) {
      const term = home.machine.isAlive ? (home.running?.leads() ?? null) : null;
      if (term === null || term <= highest) continue;
      found = home;
      highest = term;
    }
    return found;
  }

  start(home: Home): void {
    const { life } = home.machine;
    home.isStopping = false;
    this.#members.start(home).then(
      (running) => {
        if (home.machine.life === life) home.running = running;
      },
      (error: unknown) => {
        if (home.machine.life === life) this.#fail(home, error);
      },
    );
  }

  /** Killed, or with its machine's power gone. */
  crash(home: Home, power: boolean): void {
    if (!home.machine.isAlive) return;
    this.#say(home, power ? "its machine loses power" : "is killed");
    home.machine.crash();
    home.disk?.crash(power);
    home.running = null;
  }

  restart(home: Home): void {
    if (home.machine.isAlive) return;
    this.#say(home, "starts again");
    home.machine.restart();
    this.start(home);
  }

  /** The witness hears of it: from here on the replica may have forgotten what it promised. */
  noteDamage({ kind, machine }: Home): void {
    if (kind !== "frontend") this.#options.witness.damage(kind, machine.name);
  }

  /** A planned stop; the process ends when it is done, or by a kill should it hang. */
  async stop(home: Home): Promise<void> {
    const { running, machine } = home;
    if (running === null || home.isStopping || !machine.isAlive) return;
    const { life } = machine;
    home.isStopping = true;
    this.#say(home, "stops");
    try {
      await running.stop();
      if (machine.life === life) this.crash(home, false);
    } catch (error) {
      if (machine.life === life) this.#fail(home, error);
    }
  }

  #homesOf(kind: Kind, total: number): Home[] {
    const { plan, timeline, random, count: met } = this.#options;
    const { flushMs, slowFlushes: slow } = plan;
    return Array.from({ length: total }, (_, at) => {
      const id = at + 1;
      const machine = new Machine({
        name: `${kind} ${id}`,
        timeline,
        rate: 1 + (random.next() - 0.5) * 2 * plan.drift,
      });
      const disk =
        kind === "frontend"
          ? null
          : new SimDisk({ machine, timeline, random, flushMs, slow, count: met });
      const home: Home = {
        kind, id, machine, disk, running: null, isStopping: false, isDamaged: false,
      };
      machine.onBug = (error) => this.#fail(home, error);
      return home;
    });
  }

  /** A member ended by itself: as it should, when its disk failed; otherwise it has a bug. */
  #fail(home: Home, error: unknown): void {
    const { timeline, count } = this.#options;
    if (!home.machine.isAlive) return;
    if (!isOfDisk(error)) {
      const { message } = error as Error;
      this.violation ??= new Violation("members have no bugs", `${home.machine.name}: ${message}`, {
        cause: error,
      });
      return;
    }
    count("processes ended by their disk");
    this.crash(home, false);
    timeline.schedule(timeline.nowMs + RESTART_MS, () => this.restart(home));
  }

  /** Counts what is logged: the branches of the services that a run has met. */
  #logOf(home: Place): Log {
    const { count, trace } = this.#options;
    const { process } = home.machine;
    const note = (level: string) => (message: string, fields: object = {}) => {
      count(`log: ${message}`);
      if ("unsettled" in fields && fields.unsettled !== 0) count("sales of an earlier leader");
      const isAlarm = message === DAMAGED && process.isAlive;
      if (isAlarm && !(home as Home).isDamaged) this.#onFalseAlarm(home, fields);
      if (trace !== null && level !== "debug") {
        this.#say(home, `${message} ${JSON.stringify(fields)}`);
      }
    };
    const log: Log = {
      debug: note("debug"),
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
      child: () => log,
    };
    return log;
  }

  /** What a crash leaves is no damage: a group that takes it for one loses a vote. */
  #onFalseAlarm({ machine }: Place, fields: object): void {
    const what = `${machine.name}: ${JSON.stringify(fields)}`;
    this.violation ??= new Violation("a disk that is sound is taken for sound", what);
  }

  #say({ machine }: Place, what: string): void {
    const { trace, timeline } = this.#options;
    trace?.(`${timeline.nowMs.toFixed(1).padStart(9)}  ${machine.name.padEnd(10)}  ${what}`);
  }
}

/** Disks fail only when they are told to. */
function isOfDisk(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EIO" || code === "ENOSPC";
}
