/**
 * The audit from the command line to its exit code. What runs is asked before
 * its files are opened: whatever a member said then, its files say by now. A
 * running store moves while it is read (a leader that comes back cuts rows
 * that nobody acknowledged), so what fails there is looked at again; damage
 * stays.
 */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { UsageError } from "../../shared/usage.ts";
import { LaunchError } from "../launcher/launch_error.ts";
import { secretFile } from "../launcher/layout.ts";
import { MEMBER_PROGRAMS } from "../launcher/member_process.ts";
import { RunningStore } from "../launcher/running_store.ts";
import { readKeptSettings } from "../launcher/settings.ts";
import { createPaint } from "../load/style.ts";
import { auditFiles, type Books, type LiveView } from "./audit.ts";
import { isSteady, openFiles } from "./files.ts";
import { askFrontend, askReplicas, auditWitnesses, lookUp } from "./live.ts";
import { type CheckCall, type CheckOptions, HELP, readOptions } from "./options.ts";
import { renderReport, toJson } from "./report.ts";
import { Verdict } from "./verdict.ts";

const LOOKS_MAX = 4;
const LOOK_AGAIN_MS = 500;

export interface Surroundings extends CheckCall {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream;
}

export interface Audited {
  /** Which store, and in what state it was met. */
  subject: string;
  verdict: Verdict;
  /** Null when no file was looked at. */
  books: Books | null;
}

export async function main(around: Surroundings): Promise<number> {
  try {
    const options = readOptions(around);
    if (options === "help") {
      around.stdout.write(HELP);
      return 0;
    }
    const audited = await audit(options);
    const text = options.json
      ? `${JSON.stringify(toJson(audited), null, 2)}\n`
      : renderReport(audited, createPaint(around.stdout, around.environment));
    around.stdout.write(text);
    return audited.verdict.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof LaunchError)) throw error;
    around.stderr.write(`${error.message}\n`);
    return 2;
  }
}

/** @throws UsageError when there is no store */
export async function audit(options: Pick<CheckOptions, "dataDir" | "isNamed" | "url">) {
  const { dataDir, url, isNamed } = options;
  const store = findStore(dataDir);
  const isOwn = url === null || store?.urls.includes(url) === true;
  if (!isOwn && isNamed) {
    throw new UsageError(`--url ${url}: the store in ${dataDir} has no front-end there`);
  }
  if (!isOwn) return auditAddress(url);
  for (let look = 1; ; look++) {
    const isRunning = store !== null && store.running().length > 0;
    const audited = await auditFolder(dataDir, isRunning ? store : null);
    if (audited.verdict.ok || !isRunning || look === LOOKS_MAX) return audited;
    await pause(LOOK_AGAIN_MS);
  }
}

async function auditAddress(url: string): Promise<Audited> {
  const verdict = new Verdict();
  auditWitnesses(await askFrontend(url, verdict), verdict);
  verdict.note("status", "its files are not here: only what its members say was checked");
  return { subject: `The store at ${url}, running`, verdict, books: null };
}

async function auditFolder(dataDir: string, store: RunningStore | null): Promise<Audited> {
  let verdict = new Verdict();
  const live = store === null ? null : await askStore(store, verdict);
  let files = await openFiles(dataDir, verdict);
  while (!isSteady(files)) {
    files.close();
    verdict = new Verdict();
    files = await openFiles(dataDir, verdict);
  }
  try {
    const { birth } = files;
    const books = auditFiles(files, verdict, live);
    const state = store === null ? "stopped" : `${store.running().length} members running`;
    const sizes = `catalogs ${birth.catalogs}, order replicas ${birth.orders}`;
    const subject = `The ${birth.store} store in ${dataDir}: ${sizes}, ${state}`;
    return { subject, verdict, books };
  } finally {
    files.close();
  }
}

async function askStore(store: RunningStore, verdict: Verdict): Promise<LiveView> {
  const witnesses = await askReplicas(store, verdict);
  auditWitnesses(witnesses, verdict);
  const frontends = store.running().filter((member) => member.publicUrl !== null);
  const shown = await lookUp(new Map(frontends.map(({ name, publicUrl }) => [name, publicUrl!])));
  const committed = new Map(witnesses.map((witness) => [witness.name, witness.committed]));
  return { committed, shown };
}

/** The store of a folder as its processes; null when none was ever started there. */
function findStore(dataDir: string): RunningStore | null {
  const settings = readKeptSettings(dataDir);
  if (settings === null) return null;
  const file = secretFile(dataDir, settings);
  const secret = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return new RunningStore({
    dataDir,
    settings,
    secret,
    birth: birthOf(dataDir),
    environment: process.env,
    programs: MEMBER_PROGRAMS,
  });
}

function birthOf(dataDir: string): string {
  for (const label of ["order-1", "catalog-1"]) {
    try {
      return (JSON.parse(readFileSync(`${dataDir}/${label}/birth`, "utf8")) as { id: string }).id;
    } catch {
      // Another member may still have its mark; without any the files themselves are at fault.
    }
  }
  return "";
}
