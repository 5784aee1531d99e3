/**
 * An attack on a store (attackers.ts) and what a test looks at meanwhile: the store's sockets and
 * memory, and whether people who mean well are served.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { MemberName } from "../../../client/launcher/layout.ts";
import { monotonicMs } from "../../../shared/clock.ts";
import type { Attack, AttackReport } from "./attackers.ts";
import type { TestStore } from "./harness.ts";
import { Shopper } from "./shopper.ts";

const PROGRAM = fileURLToPath(new URL("./attackers.ts", import.meta.url));
/** Of the descriptors that a process may have, these are for other things than connections. */
const OTHER_DESCRIPTORS = 500;
const LOOK_MS = 50;
const AGAIN_MS = 10;
const BUYER_TIMEOUT_MS = 2_000;
const ATTACKERS = 8;

/** On a machine that does nothing else (QUIET_MACHINE=1) people wait for less. */
export const IS_QUIET = process.env.QUIET_MACHINE === "1";

/** Whether this machine has all that these tests look at: many loopback addresses, and /proc. */
export const IS_LINUX = process.platform === "linux" && existsSync("/proc/net/tcp");

/** Where attackers come from: the first of them is everybody's. */
export const ATTACKING = Array.from({ length: ATTACKERS }, (_, at) => `127.0.0.${at + 1}`);

/** Where somebody comes from with whom no attacker shares an address. */
export const ELSEWHERE = "127.0.0.100";
export const ELSEWHERE_TOO = "127.0.0.101";

export interface RunningAttack {
  report: AttackReport;
  end(): Promise<void>;
}

/** Ends with the test at the latest. */
export function startAttack(t: TestContext, attack: Attack): RunningAttack {
  const args = ["--import", "tsx", PROGRAM, JSON.stringify(attack)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const running: RunningAttack = {
    report: {
      opened: 0, open: 0, hungUpOn: 0, ordersGood: 0, ordersRefused: 0, lookUps: 0,
      lookUpsOver: false,
    },
    async end() {
      child.kill("SIGKILL");
      await exited;
    },
  };
  createInterface(child.stdout).on("line", (line) => (running.report = JSON.parse(line)));
  t.after(() => running.end());
  return running;
}

/** So many of the wanted connections as a process may open here; says so when it is fewer. */
export function affordable(t: TestContext, wanted: number): number {
  // Node raises its own limit to what it may.
  const limits = readFileSync("/proc/self/limits", "utf8");
  const most = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  const afforded = Math.min(wanted, most - OTHER_DESCRIPTORS);
  if (afforded < wanted) t.diagnostic(`${afforded} connections instead of ${wanted}: ulimit -n`);
  return afforded;
}

export function portOf(store: TestStore): number {
  return Number(new URL(store.running.url).port);
}

export function descriptorsOf(store: TestStore, member: MemberName): number {
  return readdirSync(`/proc/${store.running.process(member).pid()}/fd`).length;
}

/** Bytes that the process has in memory. */
export function memoryOf(store: TestStore, member: MemberName): number {
  const pid = store.running.process(member).pid();
  assert(pid !== null, `${member.kind} ${member.id} runs`);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1_024;
}

/** Whether the side of this port still holds its connection with that one as established. */
export function isEstablished(port: number, peerPort: number): boolean {
  const hex = (number: number) => number.toString(16).toUpperCase().padStart(4, "0");
  const [, ...rows] = readFileSync("/proc/net/tcp", "utf8").split("\n");
  return rows.some((row) => {
    const [, local = "", remote = "", state] = row.trim().split(/\s+/);
    return local.endsWith(`:${hex(port)}`) && remote.endsWith(`:${hex(peerPort)}`) &&
      state === "01";
  });
}

/** Looks at something again and again, until told to stop, and keeps the most that there was. */
export class Watch {
  most = 0;
  looks = 0;
  readonly #loop: Promise<void>;
  #stopped = false;
  #failure: unknown = null;

  constructor(look: () => number | Promise<number>) {
    this.#loop = this.#look(look).catch((error: unknown) => void (this.#failure = error));
  }

  async #look(look: () => number | Promise<number>): Promise<void> {
    while (!this.#stopped) {
      this.most = Math.max(this.most, await look());
      this.looks++;
      await pause(LOOK_MS);
    }
  }

  /** @throws what a look threw, of a member that died for example */
  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#loop;
    if (this.#failure !== null) throw this.#failure;
    return this.most;
  }
}

/** Milliseconds that an answer of 200 took on a connection of its own; Infinity: there was none. */
export async function timeOf(
  url: string,
  path: string,
  { from, withinMs }: { from: string; withinMs: number },
): Promise<number> {
  const shopper = new Shopper(url, { timeoutMs: withinMs, from });
  try {
    return await timeOn(shopper, path);
  } finally {
    shopper.close();
  }
}

/** The same on a connection that is kept. */
export async function timeOn(shopper: Shopper, path: string): Promise<number> {
  const askedMs = monotonicMs();
  const answer = await shopper.ask(path).catch(() => null);
  return answer?.status === 200 ? monotonicMs() - askedMs : Infinity;
}

/** One who buys one thing after the other, each under its key until it is bought. */
export class LoneBuyer {
  readonly tookMs: number[] = [];
  bought = 0;
  readonly #shopper: Shopper;
  readonly #loop: Promise<void>;
  #stopped = false;

  constructor(url: string, { from, name }: { from: string; name: string }) {
    this.#shopper = new Shopper(url, { timeoutMs: BUYER_TIMEOUT_MS, from });
    this.#loop = this.#buy(name);
  }

  async #buy(name: string): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      const askedMs = monotonicMs();
      await this.#buyOne(name, `lone-${turn}`);
      // Also of a purchase that was given up: it took so long at least.
      this.tookMs.push(monotonicMs() - askedMs);
    }
  }

  /** As a client of this store is told to: again with the same key until there is an answer. */
  async #buyOne(name: string, key: string): Promise<void> {
    while (!this.#stopped) {
      const answer = await this.#shopper.order({ name, quantity: 1 }, key).catch(() => null);
      if (answer?.status === 200) {
        this.bought++;
        return;
      }
      await pause(AGAIN_MS);
    }
  }

  get p99Ms(): number {
    const sorted = this.tookMs.toSorted((one, other) => one - other);
    return sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
    this.#shopper.close();
  }
}
