/** What the launcher's tests share: a folder of their own, and stores of fake members in it. */
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { CommandCall } from "../../../client/launcher/command.ts";
import { claimPortBase } from "../../../client/launcher/free_ports.ts";
import type { Programs } from "../../../client/launcher/member_process.ts";
import { stopCommand } from "../../../client/launcher/stop_command.ts";

const FAKE = "test/client/launcher/fake_member.ts";

export const FAKE_PROGRAMS: Programs = {
  catalog: [FAKE, "catalog"],
  order: [FAKE, "order"],
  frontend: [FAKE, "frontend"],
};

/** Removed after the test; what still runs in it, or in a folder of it, is killed before. */
export function ownFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "store-")));
  t.after(async () => {
    for (const name of [".", ...readdirSync(folder)]) {
      const dataDir = join(folder, name);
      if (!existsSync(join(dataDir, "run"))) continue;
      await stopCommand(fakeCall(folder, `--kill --data ${dataDir}`).call);
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export async function ownPortBase(t: TestContext): Promise<number> {
  const claim = await claimPortBase({});
  t.after(() => claim.release());
  return claim.portBase;
}

export interface Said {
  out: string;
  err: string;
}

/** A call of a command with fake members, and what it printed. */
export function fakeCall(folder: string, line: string): { call: CommandCall; said: Said } {
  const said: Said = { out: "", err: "" };
  const call: CommandCall = {
    arguments: line.split(" ").filter((word) => word !== ""),
    environment: { PATH: process.env.PATH, LOG_LEVEL: "warn" },
    folder,
    out: (text) => (said.out += `${text}\n`),
    err: (text) => (said.err += `${text}\n`),
    color: false,
    programs: FAKE_PROGRAMS,
  };
  return { call, said };
}
