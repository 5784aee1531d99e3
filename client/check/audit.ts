/**
 * The audit of a store's files: reads each log once, then holds replicas
 * against each other, orders against sales, and the books against both. What
 * one check has found, the next ones leave out: a damaged log fails `rows`
 * and is then believed as far as it is good.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { agree, type Agreement, type Fork, type Replica } from "./agreement.ts";
import { booksOf, imbalanceOf, type ProductBooks } from "./books.ts";
import { CatalogRows, type CatalogLog, SaleIndex } from "./catalog_rows.ts";
import { auditCheckpoints } from "./checkpoints.ts";
import type { ReplicaFiles, ReplicaKind, StoreFiles } from "./files.ts";
import { type ReadLog, readLines, readLog } from "./log_reader.ts";
import { Names } from "./numbers.ts";
import { keyFaults, numberFaults, OrderRows, type RowFault, saleFaults } from "./order_rows.ts";
import {
  bornState, type CatalogState, checkpointState, initialChecksum, type InitialProduct,
  parseInitial, replay,
} from "./replay.ts";
import { joinSales } from "./sales.ts";
import { holdShown, type Shown } from "./shown.ts";
import type { Verdict } from "./verdict.ts";

/** What the running members said before their files were looked at. */
export interface LiveView {
  /** Rows known to be committed, by member name. */
  committed: ReadonlyMap<string, number>;
  shown: readonly Shown[];
}

export interface Books {
  /** Committed or about to be. */
  orders: number;
  products: ProductBooks[];
}

type OrderLog = Replica & { rows: OrderRows };
type CatalogReplica = Replica & CatalogLog & { files: ReplicaFiles };

export function auditFiles(files: StoreFiles, verdict: Verdict, live: LiveView | null): Books {
  return new Audit(files, verdict, live).run();
}

class Audit {
  readonly #files: StoreFiles;
  readonly #verdict: Verdict;
  readonly #live: LiveView | null;
  readonly #names = new Names();

  constructor(files: StoreFiles, verdict: Verdict, live: LiveView | null) {
    this.#files = files;
    this.#verdict = verdict;
    this.#live = live;
  }

  run(): Books {
    for (const check of ["rows", "notes", "replicas", "checkpoint"] as const) {
      this.#verdict.begin(check);
    }
    const catalogs = this.#of("catalog").map((files): CatalogReplica => {
      const rows = new CatalogRows(this.#names);
      return { ...this.#read(files, (row) => rows.add(row)), rows, files };
    });
    const orders = this.#of("order").map((files): OrderLog => {
      const rows = new OrderRows(this.#names);
      return { ...this.#read(files, (row) => rows.add(row)), rows };
    });
    this.#auditOrders(orders);
    this.#showRows([...catalogs, ...orders]);
    const { birth, orderQuorum } = this.#files;
    const sold = this.#agree(catalogs, {
      members: birth.catalogs,
      quorum: Math.floor(birth.catalogs / 2) + 1,
    });
    const ordered = this.#agree(orders, { members: birth.orders, quorum: orderQuorum });
    const parts = `catalogs up to row ${sold.majority}, orders up to row ${ordered.majority}`;
    this.#verdict.show("replicas", `on a majority: ${parts}`);
    return this.#join({ catalogs, sold, orders, ordered });
  }

  #showRows(replicas: readonly Replica[]): void {
    const { birth, dataDir } = this.#files;
    this.#verdict.show("members", `${dataDir}: store ${birth.id.slice(0, 8)} of ${birth.store}`);
    const ends = replicas.map(({ name, log }) => `${name} to row ${log.last.index}`);
    this.#verdict.show("rows", ends.join(", "));
    const noted = replicas.map(({ name, log }) => `${name} ${log.source.noted?.length ?? 0}`);
    this.#verdict.show("notes", `bytes known to be on disk: ${noted.join(", ")}`);
  }

  #of(kind: ReplicaKind): ReplicaFiles[] {
    return this.#files.replicas.filter((files) => files.kind === kind);
  }

  #read(files: ReplicaFiles, onRow: Parameters<typeof readLog>[1]): Replica {
    const { name, source, checkpoint, noted } = files;
    const log = readLog(source, onRow);
    if (log.damage !== null) {
      const { check, line, why } = log.damage;
      this.#verdict.fail(check, `${source.path} line ${line}: ${why}`);
    }
    if (log.torn !== null && this.#live === null) {
      const { line, bytes } = log.torn;
      const what = `${bytes} bytes of an append that a crash interrupted: never acknowledged`;
      this.#verdict.note("rows", `${source.path} line ${line}: ${what}, cut at the next start`);
    }
    if (noted !== null && this.#live === null && noted.term < log.last.term) {
      const what = `the log has term ${log.last.term} where term.json notes ${noted.term}`;
      this.#verdict.fail("notes", `${source.path} line ${log.lineOf(log.last.index)}: ${what}`);
    }
    const committed = this.#live?.committed.get(name) ?? 0;
    return { name, log, committed: Math.max(committed, checkpoint?.at.index ?? 0) };
  }

  #auditOrders(orders: readonly OrderLog[]): void {
    for (const { log, rows } of orders) {
      const keysOf = (indexes: number[]) => this.#keysOf(log, indexes);
      this.#tellRows("numbers", log, numberFaults(log, rows));
      this.#verdict.show("numbers", `1 to ${rows.orders}`);
      this.#tellRows("keys", log, keyFaults(log, rows, keysOf));
      this.#tellRows("sales", log, saleFaults(log, rows));
    }
  }

  #keysOf(log: ReadLog, indexes: number[]): Map<number, string> {
    const { source } = log;
    const texts = readLines(source.fd, source.size, new Set(indexes.map((at) => log.lineOf(at))));
    return new Map(indexes.map((index) => {
      const fields = texts.get(log.lineOf(index))!.split(",");
      return [index, fields.at(-3)!];
    }));
  }

  #tellRows(check: "numbers" | "keys" | "sales", log: ReadLog, faults: RowFault[]): void {
    this.#verdict.begin(check);
    for (const { index, what } of faults) this.#tell(check, log, index, what);
  }

  #tell(check: Parameters<Verdict["fail"]>[0], log: ReadLog, index: number, what: string): void {
    this.#verdict.fail(check, `${log.source.path} line ${log.lineOf(index)}: ${what}`);
  }

  #agree(replicas: Replica[], group: { members: number; quorum: number }): Agreement {
    const agreement = agree(replicas, group);
    for (const fork of agreement.forks) {
      if (fork.why !== null) this.#verdict.fail("replicas", this.#describe(fork, fork.why));
      else this.#verdict.note("replicas", this.#describe(fork, "a leader that died left one"));
    }
    const { reference, majority } = agreement;
    if (reference !== null && this.#live === null) {
      const { last } = reference.log;
      if (last.index > majority) {
        const rows = `rows ${majority + 1} to ${last.index} of ${reference.name}`;
        this.#verdict.note("replicas", `${rows} are on no majority: they may be kept or cut`);
      }
    }
    return agreement;
  }

  #describe({ one, other, index }: Fork, why: string): string {
    const sides = [one, other].map(({ name, log }) => {
      const line = log.lineOf(index);
      const text = readLines(log.source.fd, log.source.size, new Set([line])).get(line);
      return `${name} line ${line}: ${text ?? "(in its checkpoint)"}`;
    });
    return `row ${index} differs (${why}):\n  ${sides.join("\n  ")}`;
  }

  #join(parts: {
    catalogs: CatalogReplica[];
    sold: Agreement;
    orders: OrderLog[];
    ordered: Agreement;
  }): Books {
    const { sold, ordered } = parts;
    const catalog = parts.catalogs.find((replica) => replica === sold.reference);
    const orders = parts.orders.find((replica) => replica === ordered.reference);
    if (catalog === undefined || orders === undefined) return { orders: 0, products: [] };
    const state = this.#replay(catalog, parts.catalogs);
    for (const check of ["sales", "books"] as const) this.#verdict.begin(check);
    if (state === null) return { orders: orders.rows.orders, products: [] };
    const sales = joinSales({
      orders,
      catalog,
      index: new SaleIndex(catalog.rows),
      names: this.#names,
      settled: settledEarly(catalog),
      isCatalogWhole: sold.isWhole,
      areOrdersWhole: ordered.isWhole,
      fault: (log, index, what) => this.#tell("sales", log, index, what),
    });
    if (sales.open !== null) {
      const { first, last, count } = sales.open;
      const which = count === 1 ? `sale ${first}` : `${count} sales, ${first} to ${last}`;
      this.#verdict.note("sales", `no order yet of ${which}: the next order leader writes it`);
    }
    this.#verdict.show("sales", `${sales.matched} orders, each of its own sale`);
    const products = booksOf(state.products, sales);
    this.#verdict.show("books", sumsOf(products));
    for (const books of products) {
      const fault = imbalanceOf(books);
      if (fault !== null) this.#verdict.fail("books", fault);
    }
    return { orders: orders.rows.orders, products };
  }

  /** The catalog's state after its last row; null when there is nothing to begin with. */
  #replay(catalog: CatalogReplica, all: CatalogReplica[]): CatalogState | null {
    const verdict = this.#verdict;
    verdict.begin("stock");
    const { log, files } = catalog;
    const initial = this.#initialProducts(files);
    const { checkpoint } = files;
    if (log.base > 0 && checkpoint === null) return null;
    if (log.base === 0 && initial === null) return null;
    const state = log.base > 0 ? checkpointState(checkpoint!.text) : bornState(initial!);
    const options = {
      catalog,
      names: this.#names,
      initial: initial === null ? null : initialChecksum(initial),
      fault: (index: number, what: string) => this.#tell("stock", log, index, what),
      onChange: holdShown({ shown: this.#live?.shown ?? [], begun: state, verdict }),
    };
    const stops = all.flatMap(({ files: { checkpoint: other } }) =>
      other !== null && other.at.index > state.index ? other.at.index : []);
    for (const stop of [...new Set(stops)].sort((a, b) => a - b)) {
      replay(state, Math.min(stop, log.last.index), options);
      auditCheckpoints({ replicas: all, at: stop, state, verdict });
    }
    if (log.base > 0) auditCheckpoints({ replicas: all, at: checkpoint!.at.index, verdict });
    replay(state, log.last.index, options);
    const kept = all.map((one) => one.files.checkpoint?.at.index ?? 0);
    const where = Math.max(...kept) === 0 ? "none yet" : `at row ${kept.join(", ")}`;
    verdict.show("checkpoint", where);
    verdict.show("stock", `${log.last.index - log.base} rows of ${state.products.size} products`);
    return state;
  }

  #initialProducts({ folder }: ReplicaFiles): InitialProduct[] | null {
    const path = join(folder, "initial.csv");
    try {
      return parseInitial(readFileSync(path, "utf8"));
    } catch (error) {
      this.#verdict.fail("stock", `${path}: ${(error as Error).message}`);
      return null;
    }
  }
}

function sumsOf(products: readonly ProductBooks[]): string {
  const sum = (field: "initial" | "restocked" | "soldBack" | "added" | "bought" | "quantity") =>
    products.reduce((total, books) => total + books[field], 0);
  const left = `${sum("initial")} + ${sum("restocked")} + ${sum("soldBack")} + ${sum("added")}`;
  return `${products.length} products, in all ${left} - ${sum("bought")} = ${sum("quantity")}`;
}

/** What the catalog knew to be settled before any order log was looked at. */
function settledEarly({ log, rows }: CatalogLog): number {
  for (let at = log.earlyIndex - log.base - 1; at >= 0; at--) {
    if (rows.kindAt(at) === "sale") return rows.settled.at(at);
  }
  return 0;
}
