/**
 * PostgreSQL with two standbys of which one must have a commit on its disk
 * (ANY 1), as a majority of three; all else as it comes. A purchase is one
 * statement: stock checked and taken, order inserted. Its own pgbench drives
 * it, with prepared statements over TCP on the loopback.
 *
 * It refuses to run as root: then it runs as the user `postgres`.
 */
import { spawnSync } from "node:child_process";
import {
  accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import {
  freePorts, type ProcessOptions, runToEnd, startProcess, untilReady, versionOf, type Closing,
  type Running,
} from "./processes.ts";
import type { LoadResult } from "./wrk.ts";

const USER = "postgres";
const PROGRAMS = ["postgres", "initdb", "pg_basebackup", "pgbench", "psql"];
const DEBIAN = "/usr/lib/postgresql";
const STANDBYS = ["s1", "s2"];
const STEP_MAX_MS = 60_000;
/** So much of each product that it is never sold out. */
const STOCK = 1_000_000_000;
const PURCHASE = `\\set product random(1, PRODUCTS)
WITH sold AS (
  UPDATE products SET quantity = quantity - 1 WHERE id = :product AND quantity >= 1 RETURNING name
) INSERT INTO orders (name, quantity) SELECT name, 1 FROM sold;
`;

export interface Postgres {
  name: string;
  run(connections: number, seconds: number): Promise<LoadResult>;
}

/** The group, or the reason why it is left out. */
export async function startPostgres(
  names: readonly string[],
  closing: Closing,
): Promise<Postgres | string> {
  const programs = findPrograms();
  if (programs === null) return "PostgreSQL (not installed)";
  const user = findUser();
  if (user === null) return `PostgreSQL (it does not run as root, and there is no user ${USER})`;
  const version = versionOf(join(programs, "postgres"), "--version") ?? "";
  const [port = 0, ...standbyPorts] = await freePorts(1 + STANDBYS.length);
  const group = new Group(programs, makeFolderFor(user, closing), user, port, closing);
  await group.start(standbyPorts);
  await group.createTables(names);
  const name = `PostgreSQL ${/\d+(?:\.\d+)*/.exec(version)?.[0] ?? ""}`;
  return { name, run: (connections, seconds) => group.run(connections, seconds) };
}

/** The folder that holds all of them: on the PATH, or where Debian keeps each version. */
function findPrograms(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  const folders = [
    ...newestFirst.map((version) => join(DEBIAN, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  const hasAll = (folder: string) =>
    PROGRAMS.every((program) => isExecutable(join(folder, program)));
  return folders.find(hasAll) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type User = Pick<ProcessOptions, "uid" | "gid">;

/** Nothing to change for whoever is not root. */
function findUser(): User | null {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ["-u", "-g"].map((flag) => {
    const { status, stdout } = spawnSync("id", [flag, USER], { encoding: "utf8" });
    return status === 0 ? Number(stdout) : undefined;
  });
  return uid === undefined || gid === undefined ? null : { uid, gid };
}

/** Not within the benchmark's own folder, which only its user may enter. */
function makeFolderFor({ uid, gid }: User, closing: Closing): string {
  const folder = mkdtempSync(join(tmpdir(), "store-bench-pg-"));
  closing.add(() => rmSync(folder, { recursive: true, force: true }));
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

class Group {
  readonly #programs: string;
  readonly #folder: string;
  readonly #options: ProcessOptions;
  readonly #port: number;
  readonly #closing: Closing;

  constructor(programs: string, folder: string, user: User, port: number, closing: Closing) {
    this.#programs = programs;
    this.#folder = folder;
    // Not the caller's home with its .psqlrc, which this user may not read.
    this.#options = { ...user, cwd: folder, env: { ...process.env, HOME: folder, LC_ALL: "C" } };
    this.#port = port;
    this.#closing = closing;
  }

  async start(standbyPorts: readonly number[]): Promise<void> {
    const data = join(this.#folder, "primary");
    await this.#tool("initdb", ["-D", data, "-A", "trust", "-U", USER, "-E", "UTF8"]);
    const quorum = `ANY 1 (${STANDBYS.join(", ")})`;
    const settings = [`synchronous_standby_names=${quorum}`, "synchronous_commit=on"];
    const primary = this.#serve(data, this.#port, settings);
    await this.#retryUntil(primary, "SELECT 1", "1");
    for (const [at, name] of STANDBYS.entries()) {
      const copy = join(this.#folder, name);
      await this.#tool("pg_basebackup", [...this.#address(), "-D", copy, "-R", "-c", "fast"]);
      // Its cluster's name is what a standby calls itself.
      this.#serve(copy, standbyPorts[at] ?? 0, [`cluster_name=${name}`]);
    }
    const joined = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'";
    await this.#retryUntil(primary, joined, String(STANDBYS.length));
  }

  /** @param settings in front of all others, those of initdb and of the copied files */
  #serve(data: string, port: number, settings: readonly string[]): Running {
    const args = ["-D", data, "-p", String(port), "-k", this.#folder, "-h", "127.0.0.1"];
    const given = settings.flatMap((setting) => ["-c", setting]);
    const program = join(this.#programs, "postgres");
    // SIGTERM would wait for those who are connected.
    const options = { ...this.#options, closing: this.#closing, endBy: "SIGINT" as const };
    return startProcess(program, [...args, ...given], options);
  }

  async createTables(names: readonly string[]): Promise<void> {
    const values = names.map((name) => `('${name.replaceAll("'", "''")}', ${STOCK})`);
    await this.#query(`CREATE TABLE products (
      id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE,
      quantity int NOT NULL CHECK (quantity >= 0))`);
    await this.#query(`CREATE TABLE orders (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
      quantity int NOT NULL, time timestamptz NOT NULL DEFAULT now())`);
    await this.#query(`INSERT INTO products (name, quantity) VALUES ${values.join(", ")}`);
    const script = PURCHASE.replace("PRODUCTS", String(names.length));
    writeFileSync(this.#script, script, { mode: 0o644 });
  }

  async run(connections: number, seconds: number): Promise<LoadResult> {
    const before = await this.#countOrders();
    const output = await this.#tool("pgbench", [
      ...this.#address(), "-n", "-M", "prepared", "-j", "1", "-c", String(connections),
      "-T", String(seconds), "-f", this.#script, "-l", `--log-prefix=${join(this.#folder, "log")}`,
      USER,
    ], seconds * 1_000 + STEP_MAX_MS);
    const perSecond = Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
    const failed = Number(/^number of failed transactions: (\d+)/m.exec(output)?.[1] ?? 0);
    const times = this.#takeTimes();
    const missing = times.length - ((await this.#countOrders()) - before);
    if (!(perSecond > 0) || missing !== 0) {
      throw new Error(`pgbench counts ${missing} purchases that made no order:\n${output}`);
    }
    const at = (share: number) => times[Math.ceil(times.length * share) - 1] ?? NaN;
    const [p50Ms, p99Ms, maxMs] = [at(0.5), at(0.99), at(1)];
    return { perSecond, refused: 0, broken: failed, p50Ms, p99Ms, maxMs };
  }

  /** Milliseconds of every transaction, ascending: the third column of pgbench's log, in µs. */
  #takeTimes(): Float64Array {
    const logs = readdirSync(this.#folder).filter((name) => name.startsWith("log."));
    const times = logs.flatMap((name) => {
      const file = join(this.#folder, name);
      const lines = readFileSync(file, "utf8").trimEnd().split("\n");
      rmSync(file);
      return lines.map((line) => Number(line.split(" ")[2]) / 1_000);
    });
    return Float64Array.from(times).sort();
  }

  async #countOrders(): Promise<number> {
    return Number(await this.#query("SELECT count(*) FROM orders"));
  }

  get #script(): string {
    return join(this.#folder, "purchase.sql");
  }

  #address(): string[] {
    return ["-h", "127.0.0.1", "-p", String(this.#port), "-U", USER];
  }

  async #query(sql: string): Promise<string> {
    const args = [...this.#address(), "-X", "-A", "-t", "-c", sql, USER];
    return (await this.#tool("psql", args)).trim();
  }

  async #retryUntil(primary: Running, sql: string, wanted: string): Promise<void> {
    await untilReady("PostgreSQL", primary, async () => (await this.#query(sql)) === wanted);
  }

  #tool(program: string, args: readonly string[], timeoutMs = STEP_MAX_MS): Promise<string> {
    return runToEnd(join(this.#programs, program), args, { ...this.#options, timeoutMs });
  }
}
