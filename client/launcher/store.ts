/**
 * Starts a store on this machine: looks whether it may, prepares the data
 * folder, starts what is missing and waits until it can sell. start.sh is a
 * command line around it; tests, evaluate, demo and chaos call it directly.
 *
 * Everything that can refuse does so before anything is started or written:
 * other settings than the running members', data of another store, wrong
 * values, a port in somebody else's hands.
 */
import { realpathSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";
import { readSettings } from "../../shared/member/config.ts";
import { checkHost } from "../../shared/member/port_probe.ts";
import { UsageError } from "../../shared/usage.ts";
import {
  deleteStore, findBirth, makeFolders, readOrMakeSecret, writeBirths,
} from "./data_folder.ts";
import { claimPortBase } from "./free_ports.ts";
import { LaunchError, launchErrorOf } from "./launch_error.ts";
import {
  environmentOf, hostOf, keptEnvironment, type Member, type MemberName, membersOf, nameOf,
  sameMember,
} from "./layout.ts";
import { lockStore } from "./lock.ts";
import { MEMBER_PROGRAMS, MemberProcess, type Prefix, type Programs } from "./member_process.ts";
import { type Holder, holderOf, portState } from "./ports.ts";
import { RunningStore } from "./running_store.ts";
import {
  COUNT_MAX, DEFAULT_SETTINGS, differences, type GivenSettings, keepSettings, readKeptSettings,
  type StoreSettings,
} from "./settings.ts";

/** How long a process that was killed may hold its ports after it vanished. */
const DYING_MAX_MS = 1_000;
const DYING_POLL_MS = 20;

export interface StartOptions {
  /** Absolute. Made when missing. */
  dataDir: string;
  /** What was asked for; the rest is what the running members have, or the default. */
  given?: GivenSettings;
  /** Instead of a port base of one's own: one that no other store has. */
  freePorts?: boolean;
  /** Only this member, with the settings that are kept. */
  only?: MemberName;
  /** Delete what an earlier store left. */
  fresh?: boolean;
  /** Passed on to the members. */
  environment?: NodeJS.ProcessEnv;
  programs?: Programs;
  prefix?: Prefix;
  signal?: AbortSignal;
  /** Told what takes long or is worth a line. */
  say?: (line: string) => void;
}

export interface Started {
  store: RunningStore;
  /** What this call started; empty when all of it ran already. */
  started: Member[];
}

/** What tests, evaluate, demo and chaos say: a store of their own, on free ports unless told. */
export interface OwnStoreOptions extends Partial<Omit<StoreSettings, "environment">> {
  dataDir: string;
  /** On top of this process's environment. */
  environment?: Record<string, string>;
  programs?: Programs;
  /** For members that run elsewhere than this process, at the address that `hosts` gives them. */
  prefix?: Prefix;
}

/** Starts a whole store and returns it ready to sell; `close()` ends it. */
export async function startStore(options: OwnStoreOptions): Promise<RunningStore> {
  const { dataDir, environment: additions = {}, programs, prefix, ...given } = options;
  const environment = { ...process.env, ...additions };
  const { store } = await start({
    dataDir,
    given: { ...given, environment: keptEnvironment(environment, process.cwd()) },
    freePorts: given.portBase === undefined,
    environment,
    programs,
    prefix,
  });
  return store;
}

/**
 * @throws UsageError for what the caller got wrong (exit 2), LaunchError for
 * what the machine or the store is not in a state for (exit 1).
 */
export async function start(options: StartOptions): Promise<Started> {
  const removeFolders = makeFolders(options.dataDir);
  let unlock = () => {};
  try {
    const dataDir = realpathSync(options.dataDir);
    const onWait = (why: string) => options.say?.(why);
    unlock = await lockStore(dataDir, { onWait, signal: options.signal });
    return await startLocked({ ...options, dataDir });
  } catch (error) {
    throw launchErrorOf(error, options.dataDir);
  } finally {
    unlock();
    removeFolders();
  }
}

async function startLocked(options: StartOptions): Promise<Started> {
  const { dataDir, programs = MEMBER_PROGRAMS, environment = process.env } = options;
  const { fresh, signal, prefix } = options;
  const running = runningMembers(dataDir, programs);
  const claim = options.freePorts === true && running.length === 0
    ? await claimPortBase(options.given ?? {})
    : null;
  const given = { ...options.given, ...(claim === null ? {} : { portBase: claim.portBase }) };
  try {
    const settings = settle({ ...options, given }, running);
    const members = wantedMembers(settings, options.only);
    const view = { settings, dataDir, environment, programs, prefix };
    checkValues(members, view);
    await checkHost(hostOf(settings));
    if (fresh !== true) await findBirth(dataDir, settings);
    await checkPorts(members, view);
    const secret = readOrMakeSecret(dataDir, settings);

    if (fresh === true) deleteStore(dataDir);
    const births = await findBirth(dataDir, settings);
    await writeBirths(dataDir, births);
    keepSettings(dataDir, settings);
    const onClose = () => claim?.release();
    const store = new RunningStore({ ...view, secret, birth: births.birth.id, signal, onClose });
    return { store, started: await startAndWait(store, members) };
  } catch (error) {
    claim?.release();
    throw error;
  }
}

interface StoreView {
  settings: StoreSettings;
  dataDir: string;
  environment: NodeJS.ProcessEnv;
  programs: Programs;
  prefix?: Prefix;
}

/** The settings under which this call works: with members running, nobody else's than theirs. */
function settle(options: StartOptions, running: string[]): StoreSettings {
  const { dataDir, given = {}, only } = options;
  const stopIt = `stop it first (./stop.sh --data ${dataDir})`;
  if (running.length > 0 && options.fresh === true) {
    throw new LaunchError(
      `--fresh deletes the store in ${dataDir}, and ${running.join(", ")} of it still runs: ` +
        stopIt,
    );
  }
  if (running.length === 0 && only === undefined) return { ...DEFAULT_SETTINGS, ...given };
  const kept = readKeptSettings(dataDir);
  if (kept === null && only !== undefined) {
    throw new UsageError(`No store was started in ${dataDir} yet: start all of it first`);
  }
  if (kept === null) {
    throw new LaunchError(`Members run in ${dataDir} but its settings are gone: stop them first`);
  }
  const different = differences(given, kept);
  if (different.length > 0) {
    const state = running.length > 0 ? "runs with" : "was started with";
    throw new LaunchError(
      `The store in ${dataDir} ${state} ${different.join("; ")}: ${stopIt}, or leave that out`,
    );
  }
  return kept;
}

/** Names of those that run, of any number of members: earlier settings may have had more. */
function runningMembers(dataDir: string, programs: Programs): string[] {
  const counts = { frontends: COUNT_MAX, catalogs: COUNT_MAX, orders: COUNT_MAX };
  const most = { ...DEFAULT_SETTINGS, ...counts };
  return membersOf(most)
    .filter((member) => new MemberProcess(member, { dataDir, programs }).pid() !== null)
    .map((member) => member.name);
}

function wantedMembers(settings: StoreSettings, only: MemberName | undefined): Member[] {
  const members = membersOf(settings);
  if (only === undefined) return members;
  const found = members.filter((member) => sameMember(member, only));
  if (found.length > 0) return found;
  const count = members.filter((member) => member.kind === only.kind).length;
  throw new UsageError(`${nameOf(only)}: this store has ${only.kind} 1 to ${count}`);
}

/** Each member's own check of its settings, made before any of them is started. */
function checkValues(members: Member[], store: StoreView): void {
  for (const member of members) readSettings(member.kind, environmentOf(member, store), []);
}

/**
 * Every port of a member that is to start is free, or held by that very
 * member, whose pid file got lost: then it runs, and the file is written anew.
 * At an address of its own nobody else is in its way.
 */
async function checkPorts(members: Member[], store: StoreView): Promise<void> {
  const host = hostOf(store.settings);
  for (const member of members) {
    const process = new MemberProcess(member, store);
    if (process.pid() !== null || store.settings.hosts?.[member.label] !== undefined) continue;
    for (const port of member.ports) {
      const holder = await holderOrNull(host, port);
      if (holder === null) continue;
      if (holder.pid !== null && process.isThisMember(holder.pid)) {
        process.adopt(holder.pid);
        break;
      }
      throw new LaunchError(
        `Port ${port} for ${member.name} is held by ${holder.name}` +
          `${holder.pid === null ? "" : ` (process ${holder.pid})`}: end it, or choose other ` +
          `ports (--port-base)`,
      );
    }
  }
}

/** Null when the port is free. One held by nobody one can see may be freed by a dying process. */
async function holderOrNull(host: string, port: number): Promise<Holder | null> {
  const deadline = monotonicMs() + DYING_MAX_MS;
  for (;;) {
    const state = await portState(host, port);
    if (state === "free") return null;
    if (state === "forbidden") {
      throw new LaunchError(`This user may not listen on port ${port} (--port-base)`);
    }
    const holder = holderOf(port);
    if (holder !== null && holder.pid !== null) return holder;
    if (monotonicMs() > deadline) return holder ?? { pid: null, name: "another process" };
    await pause(DYING_POLL_MS);
  }
}

/** A whole store is ready when its front-ends are; a single front-end when it answers. */
async function startAndWait(store: RunningStore, members: Member[]): Promise<Member[]> {
  const started = await store.start(members);
  try {
    if (members.length > 1 && started.length > 0) {
      await store.untilReady(store.members.filter((member) => member.kind === "frontend"));
    }
    return started;
  } catch (error) {
    await Promise.all(started.map((member) => store.stop(member)));
    throw error;
  }
}
