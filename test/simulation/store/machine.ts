/**
 * A member's host and the process on it: its clocks, its timers, its pauses
 * and its deaths. A process that died runs on as far as JavaScript goes, for
 * nobody can stop a function in the middle; but nothing that it does reaches
 * the world any more and nothing of the world reaches it. That is a crash at
 * exactly the effect at which it died.
 *
 * So whatever a service gets handed (clock, peers, disk) belongs to one life:
 * what the life before left behind cannot act for the next.
 */
import assert from "node:assert/strict";
import type { Clock } from "../../../shared/clock.ts";
import type { Scheduled, Timeline } from "./timeline.ts";

export interface MachineOptions {
  timeline: Timeline;
  /** `order 2` */
  name: string;
  /** What its clock counts in a millisecond of the simulation, in milliseconds. */
  rate?: number;
  /** What its monotonic clock shows at the beginning. */
  originMs?: number;
}

const WALL_BEGINS_MS = Date.UTC(2026, 0, 31, 12);
const ROUNDING_MS = 0.001;

/** Begins alive, with its first life. */
export class Machine {
  readonly name: string;
  readonly timeline: Timeline;
  readonly rate: number;
  /** Hears of what only a bug can do: an error of a handler that is no AppError. */
  onBug: (error: unknown, machine: Machine) => void = throwOn;
  readonly #originMs: number;
  readonly #onDeath: (() => void)[] = [];
  #process: Process;
  /** Wall time at the beginning, as its wall clock has it now. */
  #wallMs = WALL_BEGINS_MS;

  constructor({ timeline, name, rate = 1, originMs = 0 }: MachineOptions) {
    this.name = name;
    this.timeline = timeline;
    this.rate = rate;
    this.#originMs = originMs;
    this.#process = new Process(this, 1);
  }

  /** Of the life that runs or ran last. */
  get process(): Process {
    return this.#process;
  }

  /** From 1. */
  get life(): number {
    return this.#process.life;
  }

  get isAlive(): boolean {
    return this.#process.isAlive;
  }

  get isPaused(): boolean {
    return this.#process.isPaused;
  }

  /** Of this life: its timers die with it. */
  get clock(): Clock {
    return this.#process.clock;
  }

  monotonicMs(): number {
    return this.#originMs + this.timeline.nowMs * this.rate;
  }

  wallMs(): number {
    return Math.floor(this.#wallMs + this.timeline.nowMs * this.rate);
  }

  jumpWallClock(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Stops its process, as SIGSTOP does: what falls due or arrives waits for the resume. */
  pause(): void {
    this.#process.pause();
  }

  /** What waited happens now, each in a turn of its own, in the order in which it came. */
  resume(): void {
    this.#process.resume();
  }

  /** Ends this life, as kill -9 does; what its disk loses is told to the disk. */
  crash(): void {
    if (!this.isAlive) return;
    this.#process.end();
    for (const call of this.#onDeath) call();
  }

  /** Begins the next life. */
  restart(): void {
    assert(!this.isAlive, `${this.name} is dead before it is restarted`);
    this.#process = new Process(this, this.life + 1);
  }

  /**
   * Strikes at the n-th outside effect of this life from now; n from 1. When
   * the process is dead then, the effect does not happen.
   */
  dieAfter(effects: number, strike: () => void = () => this.crash()): void {
    this.#process.dieAfter(effects, strike);
  }

  /** Called at each crash, in the order of asking. */
  onDeath(call: () => void): void {
    this.#onDeath.push(call);
  }
}

function throwOn(error: unknown): void {
  throw error;
}

/** One life of a machine: from its start to its crash. */
export class Process {
  readonly machine: Machine;
  readonly life: number;
  readonly clock: Clock;
  #alive = true;
  #paused = false;
  /** What waits for the resume. */
  #held: (() => void)[] = [];
  #effectsLeft = Infinity;
  #strike: (() => void) | null = null;

  constructor(machine: Machine, life: number) {
    this.machine = machine;
    this.life = life;
    this.clock = new ProcessClock(this);
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Its code may run now. */
  get isRunning(): boolean {
    return this.#alive && !this.#paused;
  }

  /** Lets the world in: now, at the resume, or never when this life is over. */
  enter(call: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) this.#held.push(call);
    else call();
  }

  /**
   * Asked before every effect on the world, which happens only if this is
   * true: false when this life is over, or ends at this very effect.
   */
  outside(): boolean {
    if (!this.#alive) return false;
    if (--this.#effectsLeft > 0) return true;
    this.#effectsLeft = Infinity;
    this.#strike?.();
    return this.#alive;
  }

  /** A function that does nothing once this life is over: for what watches a service. */
  whileAlive<A extends unknown[]>(call: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      if (this.#alive) call(...args);
    };
  }

  pause(): void {
    if (this.#alive) this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const { timeline } = this.machine;
    const held = this.#held;
    this.#held = [];
    for (const call of held) timeline.schedule(timeline.nowMs, () => this.enter(call));
  }

  end(): void {
    this.#alive = false;
    this.#paused = false;
    this.#held = [];
  }

  dieAfter(effects: number, strike: () => void): void {
    assert(effects >= 1, "it dies at an effect that is to come");
    this.#effectsLeft = effects;
    this.#strike = strike;
  }
}

class ProcessClock implements Clock {
  readonly #process: Process;
  readonly #machine: Machine;
  #stampedAtMs = NaN;
  #stamp = "";

  constructor(process: Process) {
    this.#process = process;
    this.#machine = process.machine;
  }

  monotonicMs(): number {
    return this.#machine.monotonicMs();
  }

  timestamp(): string {
    const wallMs = this.#machine.wallMs();
    if (wallMs !== this.#stampedAtMs) {
      this.#stampedAtMs = wallMs;
      this.#stamp = new Date(wallMs).toISOString();
    }
    return this.#stamp;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = new Timer(this.#process, call, null);
    timer.arm(this.#realMs(delayMs));
    return () => timer.cancel();
  }

  /** As Node does: after a pause it comes once, and the next a period later. */
  every(periodMs: number, call: () => void): () => void {
    const timer = new Timer(this.#process, call, this.#realMs(periodMs));
    timer.arm(this.#realMs(periodMs));
    return () => timer.cancel();
  }

  /** Whole milliseconds of its own clock, as Node's timers have; never a rounding too early. */
  #realMs(delayMs: number): number {
    return (Math.max(0, Math.ceil(delayMs)) + ROUNDING_MS) / this.#machine.rate;
  }
}

class Timer {
  readonly #process: Process;
  readonly #call: () => void;
  /** Null: it comes once. */
  readonly #everyMs: number | null;
  #event: Scheduled | null = null;
  #isOn = true;

  constructor(process: Process, call: () => void, everyMs: number | null) {
    this.#process = process;
    this.#call = call;
    this.#everyMs = everyMs;
  }

  arm(realMs: number): void {
    const { timeline } = this.#process.machine;
    this.#event = timeline.schedule(timeline.nowMs + realMs, () => this.#due());
  }

  cancel(): void {
    this.#isOn = false;
    this.#process.machine.timeline.cancel(this.#event!);
  }

  #due(): void {
    if (this.#process.isRunning) this.#fire();
    else this.#process.enter(() => this.#fire());
  }

  #fire(): void {
    if (!this.#isOn) return;
    if (this.#everyMs === null) this.#isOn = false;
    else this.arm(this.#everyMs);
    this.#call();
  }
}
