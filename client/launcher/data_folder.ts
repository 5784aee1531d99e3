/**
 * What must be on disk before the first member starts: the folders, the
 * cluster's secret, and a birth mark in every member's folder. The marks come
 * first because a folder with a mark and no rows is a new member, and only
 * before the first start is that true of all; a replica that lost its folder
 * later must not look like one that never had any rows.
 */
import { randomBytes } from "node:crypto";
import {
  accessSync, constants, existsSync, fsyncSync, linkSync, openSync, closeSync,
  readdirSync, rmdirSync, rmSync, writeSync,
} from "node:fs";
import { join } from "node:path";
import {
  type Birth, FORMAT, readBirth, writeBirth, writeLostBirth,
} from "../../shared/member/cluster_identity.ts";
import { makeFolder } from "../../shared/member/make_folder.ts";
import { readSecret } from "../../shared/member/secret.ts";
import { isWithoutRoom } from "../../shared/system_error.ts";
import { UsageError } from "../../shared/usage.ts";
import { launchErrorOf } from "./launch_error.ts";
import {
  type Member, memberFolder, memberOfLabel, membersOf, secretFile,
} from "./layout.ts";
import { settingsFile, type StoreSettings } from "./settings.ts";

/** Makes DIR, DIR/run and DIR/log; returns what removes those of them that stayed empty. */
export function makeFolders(dataDir: string): () => void {
  const made: string[] = [];
  try {
    for (const folder of [dataDir, join(dataDir, "run"), join(dataDir, "log")]) {
      makeFolder(folder, made);
      accessSync(folder, constants.W_OK | constants.X_OK);
    }
  } catch (error) {
    removeEmpty(made);
    throw launchErrorOf(error, dataDir);
  }
  return () => removeEmpty(made);
}

function removeEmpty(folders: string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      // Not empty any more: it stays.
    }
  }
}

/**
 * What `--fresh` deletes: member folders that have a birth mark, and what the
 * launcher wrote in run/ and log/. Anything else in there is not ours: a
 * `--data /var --fresh` must not empty /var/log.
 */
export function deleteStore(dataDir: string): void {
  for (const name of namesIn(dataDir)) {
    const folder = join(dataDir, name);
    if (memberOfLabel(name) !== null && existsSync(join(folder, "birth"))) {
      rmSync(folder, { recursive: true });
    }
  }
  for (const [folder, ending] of [["run", ".pid"], ["log", ".log"]] as const) {
    for (const name of namesIn(join(dataDir, folder))) {
      const label = name.endsWith(ending) ? name.slice(0, -ending.length) : "";
      if (memberOfLabel(label) !== null) rmSync(join(dataDir, folder, name));
    }
  }
  rmSync(settingsFile(dataDir), { force: true });
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

export interface Births {
  birth: Birth;
  /** Members whose folder has no mark. */
  missing: Member[];
  /** Of these, replicas that had one: they are wiped and recover from the others. */
  lost: Member[];
}

/**
 * The mark that every member of this store bears: the one found on disk, or a
 * new one. Writes nothing.
 * @throws UsageError when the data is of another store or other sizes, or a replica lost its mark
 */
export async function findBirth(
  dataDir: string,
  settings: StoreSettings,
): Promise<Births> {
  const members = membersOf(settings);
  let found: { birth: Birth; name: string } | null = null;
  for (const name of namesIn(dataDir)) {
    const birth = memberOfLabel(name) === null ? null : await readBirth(join(dataDir, name));
    if (birth === null) continue;
    checkFits(birth, settings, dataDir);
    if (found !== null && birth.id !== found.birth.id) {
      throw new UsageError(
        `${dataDir} holds two stores: ${name} was born in another one than ${found.name}`,
      );
    }
    found = { birth, name };
  }
  const missing = members.filter(
    (member) => !existsSync(join(memberFolder(dataDir, member), "birth")),
  );
  const lost = findLost(dataDir, members, missing);
  const { store, catalogs, orders } = settings;
  const id = randomBytes(16).toString("hex");
  const made: Birth = { id, store, catalogs, orders, format: FORMAT };
  return { birth: found?.birth ?? made, missing, lost };
}

function checkFits(birth: Birth, settings: StoreSettings, dataDir: string): void {
  for (const field of ["store", "catalogs", "orders"] as const) {
    if (birth[field] === settings[field]) continue;
    throw new UsageError(
      `--${field} ${settings[field]}: the data in ${dataDir} was begun with ${birth[field]}; ` +
        `repeat with --${field} ${birth[field]}, or with --fresh to delete it`,
    );
  }
}

/**
 * Marks are written for all before any log exists, so later a missing one is
 * a loss: such a replica recovers from the others, if those are a majority.
 * @throws UsageError when they are not
 */
function findLost(dataDir: string, members: Member[], missing: Member[]): Member[] {
  const lost: Member[] = [];
  for (const kind of ["catalog", "order"] as const) {
    const group = members.filter((member) => member.kind === kind);
    const gone = missing.filter((member) => member.kind === kind);
    const hasRun = group.some((member) =>
      existsSync(join(memberFolder(dataDir, member), "log.csv")),
    );
    if (gone.length === 0 || !hasRun) continue;
    if (group.length - gone.length <= group.length / 2) {
      throw new UsageError(
        `${memberFolder(dataDir, gone[0]!)} has no birth mark though the store has run: ` +
          `too much is lost to recover it; put its folder back, or begin again with --fresh`,
      );
    }
    lost.push(...gone);
  }
  return lost;
}

export async function writeBirths(dataDir: string, births: Births): Promise<void> {
  const { birth, missing, lost } = births;
  for (const member of missing) {
    const folder = memberFolder(dataDir, member);
    if (lost.includes(member)) {
      rmSync(folder, { recursive: true, force: true });
      await writeLostBirth(folder, birth);
    } else {
      await writeBirth(folder, birth);
    }
  }
}

/**
 * The cluster's secret; made when there is none: 32 random bytes in hex, readable by its owner.
 * @throws UsageError
 */
export function readOrMakeSecret(dataDir: string, settings: StoreSettings): string {
  const file = secretFile(dataDir, settings);
  try {
    if (!existsSync(file)) makeSecret(file);
  } catch (error) {
    // A disk without room is nobody's wrong use.
    if (isWithoutRoom(error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const allowed = `it must be where a file can be made (${code})`;
    throw new UsageError(`STORE_SECRET_FILE ${file}: ${allowed}`);
  }
  return readSecret("STORE_SECRET_FILE", file);
}

/** Appears under its name whole, or not at all. */
function makeSecret(file: string): void {
  const unfinished = `${file}.${process.pid}`;
  const descriptor = openSync(unfinished, "wx", 0o600);
  try {
    writeSync(descriptor, `${randomBytes(32).toString("hex")}\n`);
    fsyncSync(descriptor);
    linkSync(unfinished, file);
  } finally {
    closeSync(descriptor);
    rmSync(unfinished, { force: true });
  }
}
