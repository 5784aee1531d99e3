/**
 * Who belongs to a store and where each is found: the members with their
 * ports, the folders and files below DIR, and the environment in which a
 * member is started. Everything here is computed from the settings alone, so
 * that every call, now or next week, finds the same members in the same place.
 *
 *   DIR/order-3/       the member's own       DIR/run/order-3.pid
 *   DIR/secret         the cluster's          DIR/log/order-3.log
 */
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { MemberKind } from "../../shared/member/config.ts";
import { KEPT_VARIABLES, type StoreSettings } from "./settings.ts";

/** The folder that holds start.sh. */
export const PROJECT_FOLDER = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** In the order in which they start; they stop in the opposite one. */
export const KINDS: readonly MemberKind[] = ["catalog", "order", "frontend"];

export interface MemberName {
  kind: MemberKind;
  id: number;
}

export interface Member extends MemberName {
  /** As people write it: `order 3`. */
  name: string;
  /** As files are named: `order-3`. */
  label: string;
  /** Only front-ends have one. */
  publicUrl: string | null;
  internalUrl: string;
  ports: number[];
}

export function nameOf(member: MemberName): string {
  return `${member.kind} ${member.id}`;
}

export function labelOf(member: MemberName): string {
  return `${member.kind}-${member.id}`;
}

export function sameMember(one: MemberName, other: MemberName): boolean {
  return one.kind === other.kind && one.id === other.id;
}

/** `order-3` as a member, null for anything else. */
export function memberOfLabel(label: string): MemberName | null {
  const match = /^(frontend|catalog|order)-([1-9])$/.exec(label);
  return match === null ? null : { kind: match[1] as MemberKind, id: Number(match[2]) };
}

/** All members of a store, in the order in which they start. */
export function membersOf(settings: StoreSettings): Member[] {
  return KINDS.flatMap((kind) =>
    idsOf(kind, settings).map((id) => {
      const label = labelOf({ kind, id });
      const host = hostToReach(settings.hosts?.[label] ?? settings.environment.HOST);
      const internalPort = settings.portBase + OFFSETS[kind] + id;
      const publicPort = kind === "frontend" ? settings.portBase + id - 1 : null;
      return {
        kind,
        id,
        name: nameOf({ kind, id }),
        label,
        publicUrl: publicPort === null ? null : `http://${host}:${publicPort}`,
        internalUrl: `http://${host}:${internalPort}`,
        ports: publicPort === null ? [internalPort] : [publicPort, internalPort],
      };
    }),
  );
}

const OFFSETS: Record<MemberKind, number> = { frontend: 20, catalog: 120, order: 220 };

function idsOf(kind: MemberKind, settings: StoreSettings): number[] {
  const { frontends, catalogs, orders } = settings;
  const count = { frontend: frontends, catalog: catalogs, order: orders }[kind];
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Where to connect to reach a process that listens on `host`. */
function hostToReach(host: string | undefined): string {
  if (host === undefined || host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

/** The address at which members listen that have none of their own. */
export function hostOf(settings: StoreSettings): string {
  return settings.environment.HOST ?? "127.0.0.1";
}

export function pidFile(dataDir: string, member: MemberName): string {
  return join(dataDir, "run", `${labelOf(member)}.pid`);
}

export function logFile(dataDir: string, member: MemberName): string {
  return join(dataDir, "log", `${labelOf(member)}.log`);
}

export function memberFolder(dataDir: string, member: MemberName): string {
  return join(dataDir, labelOf(member));
}

export function secretFile(dataDir: string, settings: StoreSettings): string {
  return settings.environment.STORE_SECRET_FILE ?? join(dataDir, "secret");
}

/** The caller's environment with what this member must be told on top. */
export function environmentOf(
  member: Member,
  store: { settings: StoreSettings; dataDir: string; environment: NodeJS.ProcessEnv },
): NodeJS.ProcessEnv {
  const { settings, dataDir } = store;
  const members = membersOf(settings);
  const list = (kind: MemberKind) =>
    members.filter((other) => other.kind === kind)
      .map((other) => `${other.id}=${other.internalUrl}`).join(",");
  const environment: NodeJS.ProcessEnv = {
    ...store.environment,
    ...settings.environment,
    ID: String(member.id),
    PORT: String(member.ports[0]),
    STORE: settings.store,
    DATA_DIR: dataDir,
    LOG_FILE: logFile(dataDir, member),
    THREADS: String(settings.threads),
    CACHE_SIZE: String(settings.cacheSize),
    FRONTENDS: list("frontend"),
    CATALOGS: list("catalog"),
    ORDERS: list("order"),
  };
  const host = settings.hosts?.[member.label];
  if (host !== undefined) environment.HOST = host;
  // A birth mark comes from the member's folder; a variable would override it.
  delete environment.BIRTH;
  return environment;
}

/** The variables that are settings of the whole store; file names become absolute. */
export function keptEnvironment(
  environment: NodeJS.ProcessEnv,
  callerFolder: string,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const variable of KEPT_VARIABLES) {
    const value = environment[variable];
    if (value === undefined || value === "") continue;
    const isFile = variable.endsWith("_FILE") && !isAbsolute(value);
    kept[variable] = isFile ? resolve(callerFolder, value) : value;
  }
  return kept;
}
