/** Carries planned faults out on a simulated store, and undoes each when its time is over. */
import { DISK_RESERVE_BYTES } from "../../../shared/limits.ts";
import type { Fault } from "../../checker/history.ts";
import type { Random } from "../random.ts";
import type { Network } from "./network.ts";
import type { Damage, Plan, PlannedFault, Target } from "./plan.ts";
import type { Timeline } from "./timeline.ts";
import type { Home, Town } from "./town.ts";

export interface FaultsOptions {
  plan: Plan;
  town: Town;
  timeline: Timeline;
  network: Network;
  random: Random;
  count: (name: string) => void;
  trace: ((line: string) => void) | null;
}

export class Faults {
  /** Who is paused answers later. */
  readonly pauses: Fault[] = [];
  readonly #options: FaultsOptions;
  /** Who was paused or isolated last. */
  #struck: Home | null = null;
  /** After the end of the faults, what still comes due undoes things only. */
  #isOver = false;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  strike(fault: PlannedFault): void {
    // A story that began late would go on in a store that was mended.
    if (this.#isOver) return;
    if (fault.kind === "crash of all") return this.#crashAll(fault);
    if (fault.kind === "partition") return this.#partition(fault);
    const home = this.#find(fault.who);
    if (home === null) return;
    this.#say(fault.kind, home);
    switch (fault.kind) {
      case "crash":
        if (!fault.isInCut) return this.#crash(home, fault);
        return home.disk?.onceCut(() => this.#crash(home, fault));
      case "stop":
        return this.#stop(home, fault.downMs);
      case "pause":
        return this.#pause(home, fault.forMs);
      case "isolate":
        return fault.isUnheard
          ? this.#silence(home, fault.forMs)
          : this.#isolate(home, fault.forMs);
      case "cut":
        return this.#cut(home, this.#find(fault.from), fault);
      case "nominate":
        return this.#nominate(home);
      case "asked again":
        return this.#askAgain(home, this.#find(fault.from)!);
      case "flush fails":
        return home.disk!.failNextFlush();
      case "disk full":
        // Less than the reserve, or nothing at all: then the process ends and ends again.
        home.disk!.setFreeBytes(fault.isHard ? 0 : DISK_RESERVE_BYTES / 8);
        return this.#later(fault.forMs, () => home.disk!.setFreeBytes(Infinity));
      case "disk hangs":
        return home.disk!.hang(this.#options.timeline.nowMs + fault.forMs);
      case "wall clock jumps":
        return home.machine.jumpWallClock(fault.byMs);
    }
  }

  /** All is mended: links, clocks, disks; who is down starts. */
  mend(): void {
    const { town, network } = this.#options;
    this.#isOver = true;
    network.mend();
    for (const home of town.homes) {
      home.disk?.mend();
      home.machine.resume();
      if (!home.machine.isAlive) town.restart(home);
    }
  }

  #pause(home: Home, forMs: number): void {
    const { machine } = home;
    this.#struck = home;
    const { nowMs } = this.#options.timeline;
    const times = { fromMs: nowMs, toMs: nowMs + forMs, waitedMs: 0 };
    const struck = { members: [machine.name], links: [], leader: 0, catalogLeader: 0 };
    this.pauses.push({ kind: "pause", ...struck, wasWhole: false, ...times });
    machine.pause();
    this.#later(forMs, () => machine.resume());
  }

  /** One that hangs in its stop is killed, as an operator would. */
  #stop(home: Home, downMs: number): void {
    const { town, timeline } = this.#options;
    const { life } = home.machine;
    const start = (): void => {
      if (this.#isOver) town.restart(home);
      else this.#later(downMs, () => town.restart(home));
    };
    void town.stop(home).then(start);
    timeline.schedule(timeline.nowMs + STOP_MAX_MS, () => {
      if (!home.isStopping || home.machine.life !== life) return;
      town.crash(home, false);
      start();
    });
  }

  #crash(home: Home, fault: PlannedFault & { kind: "crash" }): void {
    const { town } = this.#options;
    const { life } = home.machine;
    const strike = (): void => {
      // One that is to die at an effect that came only after the faults lives.
      if (this.#isOver || home.machine.life !== life) return;
      town.crash(home, fault.power);
      if (fault.damage !== null) this.#damage(home, fault.damage);
      this.#later(fault.downMs, () => town.restart(home));
    };
    if (fault.effects === 0) return strike();
    this.#options.count("crashes between two effects");
    home.machine.dieAfter(fault.effects, strike);
  }

  #crashAll({ who, power, downMs }: PlannedFault & { kind: "crash of all" }): void {
    const { town, count, random } = this.#options;
    count("crashes of all at once");
    const homes = town.homes.filter(({ kind }) => who === "everybody" || kind === "order");
    for (const home of homes) {
      if (!home.machine.isAlive) continue;
      town.crash(home, power);
      this.#later(random.around(downMs), () => town.restart(home));
    }
  }

  /** Of a group at most one: with more of them gone nobody can know what was promised. */
  #damage(home: Home, damage: Damage): void {
    const { town, count } = this.#options;
    const group = town.of(home.kind);
    if (home.disk === null || group.length === 1) return;
    if (group.some((other) => other.isDamaged)) return;
    count(`damage: ${damage}`);
    home.isDamaged = true;
    town.noteDamage(home);
    this.#say(damage, home);
    home.disk.damage(damage);
  }

  #isolate(home: Home, forMs: number): void {
    const { town, network } = this.#options;
    this.#struck = home;
    for (const other of town.homes) {
      if (other === home) continue;
      network.cut(home.machine.name, other.machine.name, forMs);
      network.cut(other.machine.name, home.machine.name, forMs);
    }
  }

  /** Nothing that it says reaches another replica of its group. */
  #silence(home: Home, forMs: number): void {
    const { town, network } = this.#options;
    this.#struck = home;
    for (const other of town.of(home.kind)) {
      if (other !== home) network.cut(home.machine.name, other.machine.name, forMs);
    }
  }

  #partition({ side, forMs }: PlannedFault & { kind: "partition" }): void {
    const { town, network, count } = this.#options;
    const here = new Set(side.map((target) => this.#find(target)));
    for (const one of town.homes.filter((home) => here.has(home))) {
      for (const other of town.homes.filter((home) => !here.has(home))) {
        network.cut(one.machine.name, other.machine.name, forMs);
        network.cut(other.machine.name, one.machine.name, forMs);
      }
    }
    count("partitions");
  }

  #cut(to: Home, from: Home | null, fault: PlannedFault & { kind: "cut" }): void {
    const { network } = this.#options;
    if (from === null || from === to) return this.#isolate(to, fault.forMs);
    network.cut(from.machine.name, to.machine.name, fault.forMs);
    if (!fault.oneWay) network.cut(to.machine.name, from.machine.name, fault.forMs);
  }

  /** As a front-end would that sees no leader; what comes of it is the replica's affair. */
  #nominate({ machine }: Home): void {
    const { network } = this.#options;
    network.ask(machine.name, "POST /lead", {});
  }

  /** A request that lay in a socket; nobody hears the answer. */
  #askAgain({ machine }: Home, { id }: Home): void {
    const { network } = this.#options;
    network.ask(machine.name, "POST /lease", { frontend: id, holds: null });
  }

  #find(target: Target): Home | null {
    const { town } = this.#options;
    switch (target) {
      case "the order leader":
        return town.leader("order");
      case "the catalog leader":
        return town.leader("catalog");
      case "the first order follower":
        return this.#follower(0);
      case "the second order follower":
        return this.#follower(1);
      case "who was struck":
        return this.#struck;
      default:
        return town.home(target);
    }
  }

  /** Of those that do not lead, by id, dead or alive. */
  #follower(at: number): Home | null {
    const { town } = this.#options;
    const leader = town.leader("order");
    return town.of("order").filter((home) => home !== leader)[at] ?? null;
  }

  #later(ms: number, call: () => void): void {
    const { timeline } = this.#options;
    timeline.schedule(timeline.nowMs + ms, () => {
      if (!this.#isOver) call();
    });
  }

  #say(what: string, { machine }: Home): void {
    const { trace, timeline } = this.#options;
    trace?.(`${timeline.nowMs.toFixed(1).padStart(9)}  ** ${what}: ${machine.name}`);
  }
}

const STOP_MAX_MS = 6_000;
