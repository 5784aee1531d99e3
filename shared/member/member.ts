/**
 * What the main.ts of every service does around the service itself: reads
 * the settings, secret and birth mark, takes the folder, turns signals into
 * a graceful end and faults into an exit code. Nothing is made or started
 * before the settings are known to be right.
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 1 a fault, 2 wrong use.
 */
import { setFlagsFromString } from "node:v8";
import { readOrMakeBirth, type Birth } from "./cluster_identity.ts";
import { helpText, readSettings, type MemberKind, type Settings } from "./config.ts";
import { armFailpoint } from "../failpoint.ts";
import { lockFolder, LockedError } from "./folder_lock.ts";
import { CLOSE_GRACE_MS } from "../limits.ts";
import { checkHost } from "./port_probe.ts";
import { LogOutput } from "./log_output.ts";
import { createLog, type Log } from "../logging.ts";
import { narrowFolder } from "./private_folder.ts";
import { readSecret } from "./secret.ts";
import { isWithoutRoom, refusalOf, sentenceOf } from "../system_error.ts";
import { UsageError } from "../usage.ts";

export interface Member {
  close(): Promise<void>;
}

export interface MemberContext {
  settings: Settings;
  /** The cluster's. */
  secret: string;
  birth: Birth;
  log: Log;
  /** Logs the error and ends the process: for what it cannot go on with. */
  fail: (error: unknown) => never;
}

export type StartMember = (context: MemberContext) => Promise<Member>;

export function runMember(kind: MemberKind, start: StartMember): void {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    process.stdout.write(helpText(kind));
    return;
  }
  // What is sold to whom is its user's alone, whatever mask the process was started under; a mask
  // set once covers files of all kinds and threads, and copies, where a mode at each would not.
  process.umask(0o077);
  // Whoever reads the log may leave before this process does.
  process.stdout.on("error", () => {});
  optimizeEarly();
  // Until there is a log that could be opened again it means nothing, and ends nothing.
  process.on("SIGHUP", () => {});
  void run(kind, args, start).catch((error: unknown) => {
    if (error instanceof UsageError) exitWithLine(2, error.message);
    if (error instanceof LockedError || isPortTaken(error)) exitWithLine(1, error.message);
    if (error instanceof RefusedError) exitWithLine(1, error.message);
    throw error;
  });
}

/**
 * The V8 of Node 20 optimises a function at the third look at it at the earliest, with 66 KB of its
 * bytecode run between two looks: that lasts for a store's first half minute under load. From the
 * first look on, after 40 KB, it sells two fifths more after three seconds, and a little less
 * before. Later versions need no help.
 */
function optimizeEarly(): void {
  if (Number.parseInt(process.versions.v8) >= 12) return;
  setFlagsFromString("--interrupt-budget=40000");
  setFlagsFromString("--ticks-before-optimization=1");
}

async function run(kind: MemberKind, args: string[], start: StartMember): Promise<void> {
  const settings = readSettings(kind, process.env, args);
  const secret = readSecret("STORE_SECRET_FILE", settings.secretFile);
  await checkHost(settings.host);
  const { birth, unlock } = await takeFolder(settings);
  process.on("exit", unlock);
  const output = openOutput(settings.logFile);
  const log = createLog({ member: `${kind}-${settings.id}`, level: settings.logLevel });
  process.removeAllListeners("SIGHUP").on("SIGHUP", () => openAgain(output, log));
  keepReadersOut(settings.folder, log);
  if (settings.failpoint !== null) armFailpoint(settings.failpoint, log);
  const fail = (error: unknown): never => {
    const why = sentenceOf(error);
    log.error("fatal", why === null ? { error } : { why, error });
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  const running: { member: Member | null } = { member: null };
  closeOnSignal(running, log);
  running.member = await start({ settings, secret, birth, log, fail });
}

/** What mkdir and open say of a path at which there can be no folder of ours. */
const NO_FOLDER = ["ENOENT", "ENOTDIR", "EEXIST", "EACCES", "EPERM", "EROFS", "ENAMETOOLONG"];

/** What the machine refuses and no other setting would mend: a full disk, a broken one. */
class RefusedError extends Error {}

/** @throws UsageError, LockedError, RefusedError */
async function takeFolder(settings: Settings): Promise<{ birth: Birth; unlock: () => void }> {
  try {
    const birth = await readOrMakeBirth(settings);
    return { birth, unlock: lockFolder(settings.folder) };
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    const refusal = refusalOf(error, settings.folder);
    if (!NO_FOLDER.includes(code)) throw refusal === null ? error : new RefusedError(refusal);
    const allowed = `it must be a folder to which this process may write (${code})`;
    throw new UsageError(`DATA_DIR ${settings.dataDir}: ${allowed}`);
  }
}

/** One that was there before may be open to others, and belong to somebody else. */
function keepReadersOut(folder: string, log: Log): void {
  const refusal = narrowFolder(folder);
  if (refusal === null) return;
  log.warn("others may read this folder, and that cannot be changed", {
    folder, code: refusal.code,
  });
}

/** Null: lines go where the process's output goes. @throws UsageError, RefusedError */
function openOutput(path: string | null): LogOutput | null {
  if (path === null) return null;
  try {
    const output = new LogOutput(path);
    output.takeOver();
    return output;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isWithoutRoom(error)) throw new RefusedError(refusalOf(error, path)!);
    throw new UsageError(`LOG_FILE ${path}: it must be a file that can be written (${code})`);
  }
}

/** The log's file was moved away, as logrotate does. */
function openAgain(output: LogOutput | null, log: Log): void {
  if (output === null) return log.info("SIGHUP is ignored: no LOG_FILE is set");
  try {
    output.openAgain();
    log.info("the log's file is opened again", { file: output.path });
  } catch (error) {
    log.warn("the log's file cannot be opened again", { file: output.path, error });
  }
}

/** The first signal closes gracefully, a second one ends at once. */
function closeOnSignal(running: { member: Member | null }, log: Log): void {
  let closing = false;
  const onSignal = (signal: string): void => {
    log.info(closing ? "stopping at once" : "stopping", { signal });
    if (closing) process.exit(1);
    closing = true;
    setTimeout(giveUp, CLOSE_GRACE_MS, log).unref();
    void close(running.member, log);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

/** One that has not started yet has taken nothing that it would have to answer. */
async function close(member: Member | null, log: Log): Promise<void> {
  await member?.close();
  log.info("stopped");
  process.exit(0);
}

function giveUp(log: Log): void {
  log.error("stopped before everything was answered", { graceMs: CLOSE_GRACE_MS });
  process.exit(1);
}

function isPortTaken(error: unknown): error is Error {
  return (error as NodeJS.ErrnoException | null)?.code === "EADDRINUSE";
}

function exitWithLine(code: number, line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(code);
}
