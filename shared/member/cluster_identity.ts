/**
 * The birth mark of a member's folder: which cluster its files belong to,
 * and of what store, sizes and format. A folder with a mark and no rows is
 * new; one without a mark is no folder of ours. So a member never takes part
 * in another cluster, and other sizes are never forced on old data. A replica
 * whose folder was lost is not new: others may count on rows and votes that it
 * gave. It gets its mark together with the one that says so (RECOVER).
 */
import { existsSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "./config.ts";
import { makeFolder } from "./make_folder.ts";
import { replaceFile } from "../replication/storage/disk.ts";
import { LOG_NAME } from "../replication/storage/log_file.ts";
import { RECOVERING_NAME } from "../replication/storage/log_open.ts";
import { NodeDisk } from "../replication/storage/node_disk.ts";
import { UsageError } from "../usage.ts";

/** Of the member's files; another one is refused. */
export const FORMAT = 2;

export interface Birth {
  /** The cluster's id; goes with every message between members. */
  id: string;
  store: string;
  /** Sizes of the groups. */
  catalogs: number;
  orders: number;
  format: typeof FORMAT;
}

/**
 * The folder's mark; made, on disk, when the settings bring an id.
 * @throws UsageError when there is none, or it says something else than the settings
 */
export async function readOrMakeBirth(settings: Settings): Promise<Birth> {
  const wanted = {
    store: settings.store,
    catalogs: settings.catalogs.size,
    orders: settings.orders.size,
    format: FORMAT,
  } as const;
  const found = await readBirth(settings.folder);
  if (found !== null) {
    checkSame(settings, found, wanted);
    return found;
  }
  if (settings.birth === null) {
    throw new UsageError(
      `BIRTH is missing: ${settings.folder} has no birth mark, and without an id none is made`,
    );
  }
  const birth = { id: settings.birth, ...wanted };
  if (isLostReplica(settings)) await writeLostBirth(settings.folder, birth);
  else await writeBirth(settings.folder, birth);
  return birth;
}

/** A front-end has nothing to lose. @throws UsageError when nobody has a copy */
function isLostReplica({ kind, recover, catalogs, orders, folder }: Settings): boolean {
  if (!recover || kind === "frontend") return false;
  if (existsSync(join(folder, LOG_NAME))) {
    throw new UsageError(`RECOVER yes: ${folder} has a log but no birth mark; move it away first`);
  }
  if ((kind === "catalog" ? catalogs : orders).size > 1) return true;
  throw new UsageError(
    `RECOVER yes: ${folder} has no birth mark, and no other ${kind} to recover from; ` +
      "put a backup of it back, or say no where the store has never run",
  );
}

/** The mark of a replica whose folder was lost: it recovers from the others. */
export async function writeLostBirth(folder: string, birth: Birth): Promise<void> {
  makeFolder(folder);
  // Before the birth mark: with that alone the folder would pass for new.
  await replaceFile(new NodeDisk(folder), RECOVERING_NAME, "its folder was lost\n");
  await writeBirth(folder, birth);
}

/** Writes the mark into the folder, which is made when it is missing; on disk when it resolves. */
export async function writeBirth(folder: string, birth: Birth): Promise<void> {
  makeFolder(folder);
  const path = join(folder, "birth");
  const file = await open(`${path}.new`, "w");
  try {
    await file.writeFile(`${JSON.stringify(birth)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(folder);
  await syncFolder(join(folder, ".."));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Null when there is no mark. @throws UsageError when the file is something else. */
export async function readBirth(folder: string): Promise<Birth | null> {
  const path = join(folder, "birth");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const birth = parseBirth(text);
  if (birth === null) throw new UsageError(`${path} is not a birth mark`);
  return birth;
}

function parseBirth(text: string): Birth | null {
  try {
    const birth = JSON.parse(text) as Birth;
    return typeof birth.id === "string" && typeof birth.store === "string" ? birth : null;
  } catch {
    return null;
  }
}

function checkSame(settings: Settings, found: Birth, wanted: Omit<Birth, "id">): void {
  const differs = (name: string, value: string | number, met: string | number): UsageError =>
    new UsageError(`${name} ${value}: ${settings.folder} was made with ${met}`);
  if (settings.birth !== null && settings.birth !== found.id) {
    throw differs("BIRTH", settings.birth, found.id);
  }
  if (found.store !== wanted.store) throw differs("STORE", wanted.store, found.store);
  if (found.catalogs !== wanted.catalogs) {
    throw differs("CATALOGS of", wanted.catalogs, found.catalogs);
  }
  if (found.orders !== wanted.orders) throw differs("ORDERS of", wanted.orders, found.orders);
  if (found.format !== FORMAT) {
    throw new UsageError(`${settings.folder} has format ${found.format}, known here is ${FORMAT}`);
  }
}
