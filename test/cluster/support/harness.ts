/**
 * Cluster tests read as prose: `startStore` starts real processes on free
 * ports in a folder of their own, verbs act on them, `check…` judges what is
 * on disk and what the store says. Every wait polls a condition to a deadline.
 * When the test is over all of it is gone; when it failed, the last lines that
 * each member logged are printed first.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { findBirth, writeBirths } from "../../../client/launcher/data_folder.ts";
import { logFile, type MemberName, memberFolder } from "../../../client/launcher/layout.ts";
import type { RunningStore } from "../../../client/launcher/running_store.ts";
import { startStore as startRunning } from "../../../client/launcher/store.ts";
import { splitRow } from "../../../shared/csv.ts";
import type { MemberKind } from "../../../shared/member/config.ts";
import { type Answer, Buyers, Shopper } from "./shopper.ts";
import { until } from "../../support/until.ts";

export interface StoreOptions {
  orders?: number;
  catalogs?: number;
  frontends?: number;
  store?: string;
  cacheSize?: number;
  environment?: Record<string, string>;
  /** Called with the data folder before anything is in it; what it returns, after all is over. */
  prepare?: (dataDir: string) => () => void;
}

export interface Bought {
  number: number;
  name: string;
  quantity: number;
  key: string;
}

/** A member, or a promise of one, as `leader()` gives it. */
type Which = MemberName | Promise<MemberName>;

/** A row of a member's log by the names of its columns. */
export type Row = Record<string, string>;

/** There since Node 20.12, but not in the type declarations of 20. */
type TestOutcome = TestContext & { passed?: boolean };

const LAST_LINES = 15;

/** Nothing is restocked unless the test asks for it: stock and orders then add up at a glance. */
const CALM = { RESTOCK_MS: "0", LOG_LEVEL: "info" };

export async function startStore(t: TestContext, options: StoreOptions = {}): Promise<TestStore> {
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), "store-")));
  let store: TestStore | null = null;
  let clear: () => void = () => {};
  t.after(async () => {
    if (!(t as TestOutcome).passed) store?.printLogs(t);
    await store?.close();
    clear();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const { environment = {}, prepare, ...given } = options;
  if (prepare !== undefined) clear = prepare(dataDir);
  const running = await startRunning({
    dataDir, ...given, environment: { ...CALM, ...environment },
  });
  store = new TestStore(running);
  return store;
}

export function order(id: number): MemberName {
  return { kind: "order", id };
}

export function catalog(id = 1): MemberName {
  return { kind: "catalog", id };
}

export function frontend(id = 1): MemberName {
  return { kind: "frontend", id };
}

export class TestStore {
  readonly running: RunningStore;
  readonly shopper: Shopper;
  #keys = 0;

  constructor(running: RunningStore) {
    this.running = running;
    this.shopper = new Shopper(running.url);
  }

  /** @throws AssertionError when it is not answered with an order */
  async buy(name: string, quantity = 1, options: { key?: string } = {}): Promise<Bought> {
    const key = options.key ?? `test-${++this.#keys}`;
    const { status, body } = await this.shopper.order({ name, quantity }, key);
    assert.equal(status, 200, `${quantity} ${name}: ${JSON.stringify(body)}`);
    const { data } = body as { data: { order_number: number } };
    return { number: data.order_number, name, quantity, key };
  }

  /** As it is answered, also when it is refused. */
  tryToBuy(name: string, quantity = 1, key?: string): Promise<Answer> {
    return this.shopper.order({ name, quantity }, key);
  }

  /** Buyers who buy until the test stops them. */
  buyers(count: number, names: readonly string[] = ["Tux", "Fox", "Uno"]): Buyers {
    return new Buyers(this.shopper, { count, names });
  }

  async product(name: string): Promise<{ name: string; price: number; quantity: number }> {
    return (await this.#data(`/products/${encodeURIComponent(name)}`)) as never;
  }

  async order(number: number): Promise<{ number: number; name: string; quantity: number }> {
    return (await this.#data(`/orders/${number}`)) as never;
  }

  async #data(path: string): Promise<unknown> {
    const { status, body } = await this.shopper.ask(path);
    assert.equal(status, 200, `${path}: ${status} ${JSON.stringify(body)}`);
    return (body as { data: unknown }).data;
  }

  /** The order leader, waited for. */
  async leader(): Promise<MemberName> {
    return order(await until("a leader", async () => {
      const { status, body } = await this.shopper.ask("/leader");
      return status === 200 ? (body as { data: { id: number } }).data.id : null;
    }));
  }

  /** The running order replica with the lowest id that does not lead. */
  async follower(): Promise<MemberName> {
    const { id } = await this.leader();
    const follower = this.running.running()
      .find((member) => member.kind === "order" && member.id !== id);
    assert(follower !== undefined, "there is a follower");
    return follower;
  }

  async kill(which: Which): Promise<MemberName> {
    const member = await which;
    assert.equal(await this.running.kill(member), "killed");
    return member;
  }

  async stop(which: Which): Promise<MemberName> {
    const member = await which;
    assert.equal(await this.running.stop(member), "stopped");
    return member;
  }

  /** Starts a member that was killed or stopped, and waits until it answers. */
  async restart(which: Which): Promise<void> {
    const started = await this.running.start([await which]);
    assert.equal(started.length, 1);
  }

  async pause(which: Which): Promise<MemberName> {
    const member = await which;
    assert(this.running.pause(member));
    return member;
  }

  async resume(which: Which): Promise<void> {
    assert(this.running.resume(await which));
  }

  /** What ./start.sh does before it starts members: one whose folder is gone is to recover. */
  async markBirths(): Promise<void> {
    const { dataDir, settings } = this.running;
    await writeBirths(dataDir, await findBirth(dataDir, settings));
  }

  /** The front-end has a leader and a catalog. */
  async untilReady(): Promise<void> {
    const frontends = this.running.members.filter((member) => member.kind === "frontend");
    await this.running.untilReady(frontends);
  }

  /** What an order or catalog replica says of itself. */
  async health(member: MemberName): Promise<Record<string, unknown>> {
    const url = `${this.running.member(member).internalUrl}/health`;
    const answer = await fetch(url, { headers: this.running.internalHeaders });
    return (await answer.json()) as Record<string, unknown>;
  }

  logText(member: MemberName): string {
    return readFileSync(join(memberFolder(this.running.dataDir, member), "log.csv"), "utf8");
  }

  rows(member: MemberName): Row[] {
    const [header, ...lines] = this.logText(member).trimEnd().split("\n");
    const columns = header!.split(",");
    return lines.map((line) => {
      const fields = splitRow(line);
      return Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? ""]));
    });
  }

  /** Lines of the member's JSON log at this level. */
  logged(member: MemberName, level: string): string[] {
    const text = readFileSync(logFile(this.running.dataDir, member), "utf8");
    return text.split("\n").filter((line) => line.includes(`"level":"${level}"`));
  }

  /** The order is on so many replicas' disks, with exactly these values. */
  async checkOrderOn(bought: Bought, { replicas }: { replicas: number }): Promise<void> {
    await until(`order ${bought.number} on ${replicas} replicas`, () => {
      const holders = this.#members("order").filter((member) =>
        this.rows(member).some((row) =>
          row.number === String(bought.number) && row.name === bought.name &&
          row.quantity === String(bought.quantity) && row.key === bought.key));
      return holders.length >= replicas;
    });
  }

  /** All order logs are byte for byte the same, in the end. */
  async checkLogsEqual(deadlineMs?: number): Promise<void> {
    await until("equal order logs", () => {
      const [first, ...others] = this.#members("order").map((member) => this.logText(member));
      return first!.length > 0 && others.every((text) => text === first);
    }, deadlineMs);
  }

  /**
   * For every product: initial + restocked + sold back − bought = quantity; order numbers
   * have no gaps; no key and no sale has two orders.
   */
  async checkBooksBalance(): Promise<void> {
    await until("balanced books", async () => {
      const orders = this.rows(await this.leader()).filter((row) => row.number !== "");
      assert.deepEqual(orders.map((row) => Number(row.number)), orders.map((_, at) => at + 1));
      for (const column of ["key", "sale"]) {
        assert.equal(new Set(orders.map((row) => row[column])).size, orders.length, column);
      }
      const expected = this.#initialStock();
      const add = (name: string, quantity: number) =>
        expected.set(name, (expected.get(name) ?? 0) + quantity);
      for (const row of this.rows(catalog())) {
        if (row.kind === "restock" || row.kind === "stock") add(row.name!, Number(row.quantity));
      }
      for (const row of orders) {
        add(row.name!, row.type === "sell" ? Number(row.quantity) : -Number(row.quantity));
      }
      const products = (await this.#data("/products?limit=100")) as
        { name: string; quantity: number }[];
      const actual = new Map(products.map(({ name, quantity }) => [name, quantity]));
      assert.deepEqual(actual, expected);
      return true;
    });
  }

  #initialStock(): Map<string, number> {
    const { store } = this.running.settings;
    const file = new URL(`../../../catalog/data/${store}.csv`, import.meta.url);
    const [header, ...rows] = readFileSync(file, "utf8").trim().split("\n").map(splitRow);
    const at = (column: string) => header!.indexOf(column);
    return new Map(rows.map((row) => [row[at("name")]!, Number(row[at("quantity")])]));
  }

  #members(kind: MemberKind): MemberName[] {
    return this.running.members.filter((member) => member.kind === kind);
  }

  printLogs(t: TestContext): void {
    for (const member of this.running.members) {
      const lines = this.running.process(member).lastLines(LAST_LINES);
      t.diagnostic([`The last lines of ${member.name}:`, ...lines].join("\n  "));
    }
  }

  async close(): Promise<void> {
    this.shopper.close();
    await this.running.close({ kill: true });
  }
}
