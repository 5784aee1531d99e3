/**
 * The files of one store's folder, opened to be read and nothing else: who is
 * there, what marks them, how long each log is at this moment.
 *
 * A store that runs goes on writing. An order is written after its sale, so
 * the orders' lengths are taken before the sales': every order in this view
 * has its sale in it. What the catalog knows to be settled is older than its
 * orders only in the part that was there `early`, before them.
 */
import {
  closeSync, existsSync, fstatSync, openSync, readSync, readdirSync, statSync,
} from "node:fs";
import { join } from "node:path";
import { type Birth, FORMAT, readBirth } from "../../shared/member/cluster_identity.ts";
import { AppError } from "../../shared/errors.ts";
import {
  type Checkpoint, findBase, readCheckpoint,
} from "../../shared/replication/storage/checkpoint_file.ts";
import { headerOf, LOG_NAME } from "../../shared/replication/storage/log_file.ts";
import type { Position } from "../../shared/replication/core/log_index.ts";
import { NodeDisk } from "../../shared/replication/storage/node_disk.ts";
import { type Promised, readTermFile } from "../../shared/replication/storage/term_file.ts";
import { UsageError } from "../../shared/usage.ts";
import { labelOf, memberOfLabel, nameOf } from "../launcher/layout.ts";
import { readKeptSettings } from "../launcher/settings.ts";
import { CATALOG_COLUMNS } from "./catalog_rows.ts";
import type { LogSource } from "./log_reader.ts";
import { ORDER_COLUMNS } from "./order_rows.ts";
import type { Verdict } from "./verdict.ts";

/** Of a log, more than its header and the index of its first row. */
const HEAD_BYTES = 1_024;

export type ReplicaKind = "catalog" | "order";

export interface ReplicaFiles {
  kind: ReplicaKind;
  id: number;
  /** `order 3` */
  name: string;
  folder: string;
  noted: Promised | null;
  checkpoint: Checkpoint | null;
  source: LogSource;
}

export interface StoreFiles {
  dataDir: string;
  birth: Birth;
  /** Copies that commit an order. */
  orderQuorum: number;
  replicas: ReplicaFiles[];
  close(): void;
}

/**
 * @throws UsageError when there is no store, LaunchError when its settings cannot be read
 */
export async function openFiles(dataDir: string, verdict: Verdict): Promise<StoreFiles> {
  const birth = await findBirth(dataDir, verdict);
  const replicas: ReplicaFiles[] = [];
  for (const kind of ["catalog", "order"] as const) {
    const count = kind === "catalog" ? birth.catalogs : birth.orders;
    for (let id = 1; id <= count; id++) {
      const files = await openReplica(dataDir, { kind, id }, verdict);
      if (files !== null) replicas.push(files);
    }
  }
  for (const { kind, source } of replicas) {
    if (kind === "catalog") source.size = fstatSync(source.fd).size;
  }
  const quorum = readKeptSettings(dataDir)?.environment.ORDER_QUORUM;
  return {
    dataDir,
    birth,
    orderQuorum: Number(quorum ?? Math.floor(birth.orders / 2) + 1),
    replicas,
    close: () => replicas.forEach(({ source }) => closeSync(source.fd)),
  };
}

/** False when a log was begun anew meanwhile (it was compacted): then look again. */
export function isSteady(files: StoreFiles): boolean {
  return files.replicas.every(({ source }) => {
    try {
      return statSync(source.path).ino === fstatSync(source.fd).ino;
    } catch {
      return false;
    }
  });
}

/** The mark that most members bear. */
async function findBirth(dataDir: string, verdict: Verdict): Promise<Birth> {
  verdict.begin("members");
  const births = new Map<string, { birth: Birth; names: string[] }>();
  const folders = existsSync(dataDir) ? readdirSync(dataDir) : [];
  for (const label of folders.filter((name) => memberOfLabel(name) !== null).sort()) {
    const birth = await readMark(join(dataDir, label), verdict);
    if (birth === null) continue;
    const text = JSON.stringify(birth);
    const same = births.get(text) ?? { birth, names: [] };
    births.set(text, { birth, names: [...same.names, label] });
  }
  const [most, ...others] = [...births.values()].sort((a, b) => b.names.length - a.names.length);
  if (most === undefined) {
    throw new UsageError(`${dataDir}: no store has its data there; name the folder, --help`);
  }
  if (most.birth.format !== FORMAT) {
    throw new UsageError(`${dataDir} has format ${most.birth.format}, known here is ${FORMAT}`);
  }
  for (const { birth, names } of others) {
    const which = `${birth.store} ${birth.id.slice(0, 8)}, ${sizesOf(birth)}`;
    const rest = `${most.birth.store} ${most.birth.id.slice(0, 8)}, ${sizesOf(most.birth)}`;
    verdict.fail("members", `${names.join(", ")} was born in ${which}; the others in ${rest}`);
  }
  return most.birth;
}

function sizesOf({ catalogs, orders }: Birth): string {
  return `${catalogs} catalogs and ${orders} order replicas`;
}

/** Null when there is none that can be read. */
async function readMark(folder: string, verdict: Verdict): Promise<Birth | null> {
  try {
    const birth = await readBirth(folder);
    if (birth === null) verdict.fail("members", `${folder} has no birth mark`);
    return birth;
  } catch (error) {
    verdict.fail("members", (error as Error).message);
    return null;
  }
}

async function openReplica(
  dataDir: string,
  member: { kind: ReplicaKind; id: number },
  verdict: Verdict,
): Promise<ReplicaFiles | null> {
  const folder = join(dataDir, labelOf(member));
  const path = join(folder, LOG_NAME);
  if (!existsSync(folder)) {
    verdict.fail("members", `${folder} is missing: all that ${nameOf(member)} had is gone`);
    return null;
  }
  const disk = new NodeDisk(folder);
  const noted = await readOr(() => readTermFile(disk), "notes", verdict);
  const checkpoint = await readOr(() => readCheckpoint(disk), "checkpoint", verdict);
  const descriptor = openOrNull(path);
  if (descriptor === null) {
    if (noted !== null) verdict.fail("rows", `${path} is missing`);
    return null;
  }
  if (noted === null && !existsSync(join(folder, "term.json"))) {
    verdict.fail("notes", `${folder}/term.json is missing: nobody knows how long the log was`);
  }
  const columns = member.kind === "order" ? ORDER_COLUMNS : CATALOG_COLUMNS;
  const { size } = fstatSync(descriptor);
  const base = baseOf(descriptor, columns, checkpoint);
  const source: LogSource = { path, fd: descriptor, size, early: size, columns, base, noted };
  return { ...member, name: nameOf(member), folder, noted, checkpoint, source };
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function readOr<T>(
  read: () => Promise<T | null>,
  check: "notes" | "checkpoint",
  verdict: Verdict,
): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    verdict.fail(check, error.message);
    return null;
  }
}

/** The row before the first one of the log, which is told by how it begins. */
function baseOf(
  fd: number,
  columns: readonly string[],
  checkpoint: Checkpoint | null,
): Position {
  const head = Buffer.alloc(HEAD_BYTES);
  const text = head.toString("utf8", 0, readSync(fd, head, 0, head.length, 0));
  return findBase(text, headerOf(columns), checkpoint);
}
