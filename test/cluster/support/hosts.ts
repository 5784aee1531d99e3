/**
 * A store of which each member has a host of its own: a network namespace, with the address, the
 * command, the environment and the files that shared/deploy gives it, and nothing shared with
 * another host but the network. Only what is the test's own place differs: its range of addresses
 * instead of 10.0.0.x, its folders instead of /etc/store, /var/lib/store and /opt/store.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  labelOf, memberOfLabel, type MemberName, PROJECT_FOLDER,
} from "../../../client/launcher/layout.ts";
import { readSettings, type MemberKind, type Settings } from "../../../shared/member/config.ts";
import { Network, NoNetworkError } from "../../chaos/network.ts";
import { ownFolder } from "../../client/launcher/own_folder.ts";
import { readStoreEnvironment, readUnit } from "./unit_file.ts";

const LISTS: [MemberKind, string][] = [
  ["catalog", "CATALOGS"], ["order", "ORDERS"], ["frontend", "FRONTENDS"],
];
export const SECRET = "the-secret-of-all-hosts-of-this-test";
/** So that nobody has to wait for goods. */
const STOCKED = { RESTOCK_MS: "20", RESTOCK_TO: "1000000" };
const LAST_LINES = 12;

/** How a process ended, and what it wrote on its standard error. */
export interface Ended {
  code: number | null;
  err: string;
}

export class Host {
  readonly label: string;
  readonly member: MemberName;
  readonly settings: Settings;
  /** DATA_DIR. */
  readonly dataDir: string;
  readonly #command: string[];
  readonly #environment: Record<string, string>;
  #child: ChildProcess | null = null;
  #ended: Promise<Ended> | null = null;
  #out = "";
  #err = "";

  constructor(member: MemberName, folder: string, network: Network) {
    this.label = labelOf(member);
    this.member = member;
    const own = (text: string) => text
      .replaceAll("/etc/store", join(folder, "etc"))
      .replaceAll("/var/lib/store", join(folder, "var"))
      .replaceAll("/usr/bin/node", process.execPath)
      .replace(/10\.0\.0\.\d+/g, (example) => network.hosts[LABEL_AT.get(example)!]!);
    const { command, environment } = readUnit(member);
    this.#command = [...network.prefix(member), ...command.map(own)];
    this.#environment = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, own(value)]));
    this.settings = readSettings(member.kind, this.#environment, []);
    this.dataDir = this.settings.dataDir;
    mkdirSync(join(folder, "etc"), { recursive: true });
    mkdirSync(this.dataDir);
    this.putSecret(SECRET);
  }

  putSecret(secret: string): void {
    writeFileSync(this.settings.secretFile, `${secret}\n`, { mode: 0o600 });
  }

  /** What buyers ask; of a front-end. */
  get publicUrl(): string {
    return `http://${this.settings.host}:${this.settings.port}`;
  }

  get internalUrl(): string {
    return `http://${this.settings.host}:${this.settings.internalPort}`;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** All that its process logged. */
  get out(): string {
    return this.#out;
  }

  /** @param changes to what store.env says */
  start(changes: Record<string, string> = {}): void {
    const [program, ...words] = this.#command;
    const child = spawn(program!, words, {
      cwd: PROJECT_FOLDER,
      env: { PATH: process.env.PATH, ...this.#environment, ...STOCKED, ...changes },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#out = this.#err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#err += text));
    this.#ended = once(child, "close").then(([code]) => ({ code, err: this.#err }));
  }

  /** Resolves when its process has ended, however. */
  ended(): Promise<Ended> {
    return this.#ended!;
  }

  async end(signal: NodeJS.Signals): Promise<Ended> {
    this.#child?.kill(signal);
    return this.ended();
  }

  /** A new disk: what the member kept is gone. */
  replaceDisk(): void {
    rmSync(this.dataDir, { recursive: true });
    mkdirSync(this.dataDir);
  }

  log(): string {
    return readFileSync(join(this.settings.folder, "log.csv"), "utf8");
  }

  async close(): Promise<void> {
    if (this.#child !== null) await this.end("SIGKILL");
  }

  lastLines(): string {
    const lines = `${this.#out}${this.#err}`.trimEnd().split("\n").slice(-LAST_LINES);
    return [`The last lines of ${this.label}:`, ...lines].join("\n  ");
  }
}

/** Members by their addresses in the example. */
const LABEL_AT = new Map(LISTS.flatMap(([kind, list]) => {
  const entries = readStoreEnvironment()[list]!.matchAll(/(\d)=http:\/\/([\d.]+):/g);
  return [...entries].map(([, id, address]) => [address!, labelOf({ kind, id: Number(id) })]);
}));

/** Null, and the test is skipped, where there can be no such network. */
export async function openHosts(t: TestContext): Promise<Hosts | null> {
  const labels = [...LABEL_AT.values()];
  try {
    const hosts = new Hosts(await Network.open(labels), ownFolder(t));
    t.after(() => hosts.close(t));
    return hosts;
  } catch (error) {
    if (!(error instanceof NoNetworkError)) throw error;
    t.skip(error.message);
    return null;
  }
}

export class Hosts {
  readonly network: Network;
  readonly all: readonly Host[];

  constructor(network: Network, folder: string) {
    this.network = network;
    this.all = Object.keys(network.hosts).map((label) =>
      new Host(memberOfLabel(label)!, join(folder, label), network));
  }

  of(kind: MemberKind): Host[] {
    return this.all.filter(({ member }) => member.kind === kind);
  }

  get(label: string): Host {
    const found = this.all.find((host) => host.label === label);
    assert(found !== undefined, label);
    return found;
  }

  /** From all other hosts, and from the buyers. */
  cutOff(host: Host): Promise<void> {
    return this.network.unplug(host.label);
  }

  bringBack(host: Host): Promise<void> {
    return this.network.plugIn(host.label);
  }

  async close(t: TestContext & { passed?: boolean }): Promise<void> {
    if (!t.passed) for (const host of this.all) t.diagnostic(host.lastLines());
    await Promise.all(this.all.map((host) => host.close()));
    await this.network.close();
  }
}
