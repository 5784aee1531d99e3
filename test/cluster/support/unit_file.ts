/**
 * shared/deploy as systemd reads it: the command and the environment of one member, from the
 * very files that are installed on a host.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_FOLDER, type MemberName } from "../../../client/launcher/layout.ts";

export interface Unit {
  command: string[];
  environment: Record<string, string>;
}

export function machineFile(name: string): string {
  return readFileSync(join(PROJECT_FOLDER, "shared", "deploy", name), "utf8");
}

/** The values of a setting of the unit, in order, with %i and %j as this member has them. */
export function unitValues(key: string, { kind, id }: MemberName): string[] {
  const lines = machineFile("store-member@.service").split("\n");
  const values = lines.filter((line) => line.startsWith(`${key}=`))
    .map((line) => line.slice(key.length + 1));
  return values.map((value) => value.replaceAll("%i", String(id)).replaceAll("%j", kind));
}

export function readUnit(member: MemberName): Unit {
  const [command] = unitValues("ExecStart", member);
  return {
    command: command!.split(" "),
    environment: { ...pairs(unitValues("Environment", member)), ...readStoreEnvironment() },
  };
}

/** Of /etc/store/store.env. */
export function readStoreEnvironment(): Record<string, string> {
  return pairs(machineFile("store.env").split("\n").filter((line) => /^\w+=/.test(line)));
}

function pairs(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  }));
}
