/**
 * A store that is fuzzed: real processes on free ports in a folder of their own, what a forger
 * may know of them, and the questions that show whether all is well.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { audit } from "../../client/check/main.ts";
import { type Member, memberFolder } from "../../client/launcher/layout.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { startStore } from "../../client/launcher/store.ts";
import { monotonicMs } from "../../shared/clock.ts";
import type { ReplicaHealth } from "../../shared/messages/messages.ts";
import { splitAnswers } from "./answers.ts";
import type { Door, Scene, Target } from "./input.ts";
import { play } from "./play.ts";

const ADMIN_TOKEN = "the-token-of-the-admin";
const RESTOCKED = { RESTOCK_MS: "300", RESTOCK_TO: "100", LOG_LEVEL: "warn" };
const ORDERS = 3;
/** The public port has the most to take, and counts for so many internal ones. */
const PUBLIC_WEIGHT = 8;
const ROWS_SHOWN = 6;
const LAST_LINES = 4;
/** With the secret anyone can depose a leader: another takes its place by then. */
const PATIENCE_MS: Record<Door, number> = { public: 2_000, internal: 2_000, secret: 10_000 };
const POLL_MS = 50;
const NAMES_MAX = 6;
const PAGE_BYTES = 4_096;

export interface StorePlan {
  /** By name. */
  store: string;
  doors: readonly Door[];
}

export class FuzzedStore {
  readonly scene: Scene;
  readonly #plan: StorePlan;
  readonly #dataDir: string;
  readonly #running: RunningStore;
  #purchases = 0;

  private constructor(plan: StorePlan, dataDir: string, running: RunningStore) {
    this.#plan = plan;
    this.#dataDir = dataDir;
    this.#running = running;
    const headers = running.internalHeaders;
    this.scene = {
      store: plan.store, targets: [], names: [], adminToken: ADMIN_TOKEN,
      secret: headers.authorization!.slice("Bearer ".length), birth: headers["store-birth"]!,
    };
  }

  static async open(plan: StorePlan): Promise<FuzzedStore> {
    const dataDir = realpathSync(mkdtempSync(join(tmpdir(), "fuzz-")));
    const adminTokenFile = join(dataDir, "admin-token");
    writeFileSync(adminTokenFile, `${ADMIN_TOKEN}\n`, { mode: 0o600 });
    const environment = { ...RESTOCKED, ADMIN_TOKEN_FILE: adminTokenFile };
    const running = await startStore({
      dataDir, store: plan.store, orders: ORDERS, catalogs: 1, frontends: 1, environment,
    });
    const store = new FuzzedStore(plan, dataDir, running);
    const { data } = await store.#ask("GET", "/products?limit=100", null) as
      { data: { name: string }[] };
    store.scene.names = data.map(({ name }) => name).slice(0, NAMES_MAX);
    await store.look();
    return store;
  }

  /** What terms, leaders and rows there are by now. */
  async look(): Promise<void> {
    const { doors } = this.#plan;
    const [inside] = doors.filter((door) => door !== "public");
    const targets = inside === undefined ? []
      : await Promise.all(this.#running.members.map((member) => this.#describe(member, inside)));
    const frontend = this.#running.members.find(({ kind }) => kind === "frontend")!;
    const open = await this.#describe(frontend, "public");
    const weight = doors.includes("public") ? PUBLIC_WEIGHT : 0;
    this.scene.targets = [...targets, ...Array.from({ length: weight }, () => open)];
  }

  async #describe(member: Member, door: Door): Promise<Target> {
    const { kind, id, label } = member;
    const port = door === "public" ? member.ports[0]! : member.ports.at(-1)!;
    const known = { door, label, port, kind, id };
    const unknown = { term: 1, leader: 1, lastIndex: 0, commit: 0, checksum: 0, rows: [] };
    if (kind === "frontend" || door !== "secret") return { ...known, ...unknown };
    const health = await this.#health(member);
    const rows = lastRows(join(memberFolder(this.#dataDir, member), "log.csv"));
    if (health === null) return { ...known, ...unknown, rows };
    const { term, leader, lastIndex, commitIndex } = health;
    const checksum = Number.parseInt(rows.at(-1)?.slice(-8) ?? "0", 16) || 0;
    return { ...known, term, leader: leader ?? id, lastIndex, commit: commitIndex, checksum, rows };
  }

  async #health({ internalUrl }: Member): Promise<ReplicaHealth | null> {
    try {
      const signal = AbortSignal.timeout(500);
      const headers = this.#running.internalHeaders;
      const answer = await fetch(`${internalUrl}/health`, { headers, signal });
      return answer.ok ? (await answer.json()) as ReplicaHealth : null;
    } catch {
      return null;
    }
  }

  /** What is wrong with the store as a whole; null when all live and it serves in time. */
  async check({ withPurchase }: { withPurchase: boolean }): Promise<string | null> {
    const patienceMs = Math.max(...this.#plan.doors.map((door) => PATIENCE_MS[door]));
    const deadline = monotonicMs() + patienceMs;
    for (;;) {
      const dead = this.#dead();
      if (dead !== null) return dead;
      const fault = await this.#serves(withPurchase);
      if (fault === null) return this.#dead();
      if (monotonicMs() > deadline) return this.#dead() ?? `after ${patienceMs} ms ${fault}`;
      await pause(POLL_MS);
    }
  }

  #dead(): string | null {
    const dead = this.#running.members.filter((member) => !this.#running.isRunning(member));
    if (dead.length === 0) return null;
    return dead.map((member) => {
      const lines = this.#running.process(member).lastLines(LAST_LINES);
      return [`${member.name} died`, ...lines.map((line) => line.slice(0, 400))].join("\n    ");
    }).join("\n  ");
  }

  async #serves(withPurchase: boolean): Promise<string | null> {
    try {
      const live = await this.#ask("GET", "/livez", null);
      if (live.data !== "live") return `livez is ${JSON.stringify(live)}`;
      const [name] = this.scene.names;
      const path = `/products/${encodeURIComponent(name!)}`;
      const shown = await this.#ask("GET", path, null) as { data?: { name?: string } };
      if (shown.data?.name !== name) return `${path} is ${JSON.stringify(shown)}`;
      return withPurchase ? await this.#buys(name!) : null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** An order that is found again, or the word that there is nothing left to buy. */
  async #buys(name: string): Promise<string | null> {
    const type = this.scene.store === "stocks" ? { type: "buy" } : {};
    const body = { name, quantity: 1, ...type };
    const bought = await this.#ask("POST", "/orders", body, `good-${++this.#purchases}`);
    const error = bought.error as { code?: number } | undefined;
    if (error?.code === 409) return null;
    const data = bought.data as Record<string, unknown> | undefined;
    const number = data?.order_number ?? data?.transaction_number;
    if (number === undefined) return `a purchase is ${JSON.stringify(bought)}`;
    const found = await this.#ask("GET", `/orders/${String(number)}`, null) as
      { data?: Record<string, unknown> };
    const isRight = found.data?.name === name && found.data.quantity === 1;
    return isRight ? null : `order ${String(number)} is ${JSON.stringify(found)}`;
  }

  /** Over a connection of its own. @throws Error when it is not answered with JSON */
  async #ask(method: string, path: string, body: object | null,
    key?: string): Promise<Record<string, unknown>> {
    const text = body === null ? "" : JSON.stringify(body);
    const bytes = Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: store\r\nConnection: close\r\n` +
      (key === undefined ? "" : `Idempotency-Key: ${key}\r\n`) +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    const steps = [{ do: "send" as const, bytes }];
    const port = this.#running.members.find(({ kind }) => kind === "frontend")!.ports[0]!;
    const played = await play({ steps, due: 1, hasHead: false, leaves: false }, port);
    const [answer] = splitAnswers(played.text, false).answers;
    if (answer === undefined) throw new Error(`${method} ${path} is not answered`);
    return JSON.parse(Buffer.from(answer.body, "latin1").toString()) as Record<string, unknown>;
  }

  /** Bytes that each process holds, by member; empty where there is no /proc. */
  memory(): Map<string, number> {
    const sizes = new Map<string, number>();
    for (const member of this.#running.members) {
      const pid = this.#running.process(member).pid();
      if (pid === null) continue;
      try {
        const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
        sizes.set(member.label, pages * PAGE_BYTES);
      } catch {
        return new Map();
      }
    }
    return sizes;
  }

  /** What the audit has against it: with the secret, only whether its logs can be read. */
  async audit(): Promise<string[]> {
    const { verdict } = await audit({ dataDir: this.#dataDir, isNamed: true, url: null });
    const isForged = this.#plan.doors.includes("secret");
    return verdict.results
      .filter(({ ok, name }) => !ok && (!isForged || name === "rows" || name === "members"))
      .map(({ name, findings }) => `${name}: ${findings.slice(0, 3).join("; ")}`);
  }

  async close(): Promise<void> {
    await this.#running.close({ kill: true });
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

function lastRows(file: string): string[] {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(1).slice(-ROWS_SHOWN);
  } catch {
    return [];
  }
}
