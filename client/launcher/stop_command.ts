/**
 * ./stop.sh: stops a store or one member of it. It goes by the pid files and
 * not by the settings, so that it stops what runs even when those are gone.
 */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../shared/usage.ts";
import { parseStop, type StopCall } from "./arguments.ts";
import { type CommandCall, pathFor } from "./command.ts";
import { KINDS, type MemberName, membersOf, nameOf, sameMember } from "./layout.ts";
import { lockStore } from "./lock.ts";
import { MEMBER_PROGRAMS, MemberProcess, STOP_MAX_MS } from "./member_process.ts";
import { COUNT_MAX, readKeptSettings } from "./settings.ts";

export const STOP_HELP = `\
./stop.sh                         stops the store: front-ends first, requests are answered
./stop.sh --kill order 3          pulls the plug of one member

./stop.sh [options]               stops all members
./stop.sh [options] order 3       stops one (the same for catalog 1, frontend 2)

  --data DIR    the store's folder (data, beside stop.sh)
  --kill        SIGKILL instead of a graceful stop
  --help        this text

Exit codes: 0 it does not run any more, 1 it could not be stopped, 2 wrong use.`;

/** @throws UsageError, LaunchError */
export async function stopCommand(call: CommandCall): Promise<number> {
  const asked = parseStop(call);
  if (asked.help) {
    call.out(STOP_HELP);
    return 0;
  }
  if (!existsSync(join(asked.dataDir, "run"))) {
    call.out(nothingRuns(call, asked));
    return 0;
  }
  const dataDir = realpathSync(asked.dataDir);
  checkMember(dataDir, asked.only);
  const { err: onWait, signal } = call;
  const unlock = await lockStore(dataDir, { onWait, signal, needsNoRoom: true });
  try {
    const did = await stopMembers(call, { ...asked, dataDir });
    if (!did) call.out(nothingRuns(call, asked));
  } finally {
    unlock();
  }
  return 0;
}

function checkMember(dataDir: string, only: MemberName | undefined): void {
  const settings = only === undefined ? null : readKeptSettings(dataDir);
  if (only === undefined || settings === null) return;
  const members = membersOf(settings).filter((member) => member.kind === only.kind);
  if (!members.some((member) => sameMember(member, only))) {
    throw new UsageError(`${nameOf(only)}: this store has ${only.kind} 1 to ${members.length}`);
  }
}

/** False when none of them ran. */
async function stopMembers(call: CommandCall, asked: StopCall): Promise<boolean> {
  const { dataDir, only, kill } = asked;
  const programs = call.programs ?? MEMBER_PROGRAMS;
  let did = false;
  for (const kind of KINDS.toReversed()) {
    const members = Array.from({ length: COUNT_MAX }, (_, index) => ({ kind, id: index + 1 }))
      .filter((member) => only === undefined || sameMember(member, only));
    await Promise.all(
      members.map(async (member) => {
        const line = await stopOne(member, new MemberProcess(member, { dataDir, programs }), kill);
        if (line === null) return;
        did = true;
        call.out(line);
      }),
    );
  }
  return did;
}

/** What was done, null when there was nothing to do. */
async function stopOne(
  member: MemberName,
  process: MemberProcess,
  kill: boolean,
): Promise<string | null> {
  const name = nameOf(member);
  if (process.forgetIfGone()) return `${name} had ended already; its pid file is removed.`;
  const pid = process.pid();
  if (pid === null) return null;
  const outcome = kill ? await process.kill() : await process.stop();
  if (outcome === "stopped") return `${name} stopped (process ${pid}).`;
  if (kill) return `${name} killed (process ${pid}).`;
  return `${name} did not stop within ${STOP_MAX_MS / 1000} s and was killed (process ${pid}).`;
}

function nothingRuns(call: CommandCall, asked: StopCall): string {
  const where = pathFor(call, asked.dataDir);
  return asked.only === undefined ? `Nothing runs in ${where}.`
    : `${nameOf(asked.only)} does not run in ${where}.`;
}
