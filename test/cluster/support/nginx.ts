/**
 * nginx as a child process with the project's own configuration, in which nothing is changed but
 * addresses. Where there is no nginx, tests are skipped and say so.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { PROJECT_FOLDER } from "../../../client/launcher/layout.ts";
import { ownFolder, ownPortBase } from "../../client/launcher/own_folder.ts";
import type { Answer } from "./shopper.ts";
import { until } from "../../support/until.ts";

/** Why there is none here; false when there is one. */
export const NO_NGINX: string | false =
  spawnSync("nginx", ["-v"]).error === undefined ? false : "there is no nginx here";

/** As frontend/nginx.conf has them. */
const FRONTENDS = ["10.0.0.11:8080", "10.0.0.12:8081"];

export function readConfiguration(): string {
  return readFileSync(join(PROJECT_FOLDER, "frontend", "nginx.conf"), "utf8");
}

/** What the file does not say and a package of nginx does. */
function mainConfiguration(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "daemon off;",
    "worker_processes 2;",
    `pid ${folder}/pid;`,
    "error_log stderr warn;",
    // Who is root would work as another user, who may not write to this folder.
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    "events {}",
    "http {",
    "access_log off;",
    ...temporary.map((name) => `${name}_temp_path ${folder}/${name};`),
    `include ${folder}/store.conf;`,
    "}",
  ].join("\n");
}

function replaced(text: string, changes: readonly [from: string, to: string][]): string {
  for (const [from, to] of changes) {
    assert.equal(text.split(from).length, 2, `frontend/nginx.conf says '${from}' once`);
    text = text.replace(from, to);
  }
  return text;
}

/** Of a refusal, which has the store's shape whoever made it. */
export function messageOf({ status, headers, body }: Answer): string {
  assert.equal(headers["content-type"], "application/json");
  const { error } = body as { error: { code: number; message: string } };
  assert.deepEqual([Object.keys(error), error.code], [["code", "message"], status]);
  return error.message;
}

/**
 * @param frontends public addresses, `127.0.0.1:8080`
 * @param changes to the configuration, beside those of addresses
 * @returns the address at which it answers
 */
export async function startNginx(
  t: TestContext,
  frontends: readonly string[],
  changes: readonly [from: string, to: string][] = [],
): Promise<string> {
  const folder = ownFolder(t);
  const address = `127.0.0.1:${await ownPortBase(t)}`;
  const configuration = replaced(readConfiguration(), [
    ...FRONTENDS.map((example, at): [string, string] => [example, frontends[at]!]),
    ["listen 80;", `listen ${address};`],
    ["listen [::]:80;", ""],
    ...changes,
  ]);
  writeFileSync(join(folder, "store.conf"), configuration);
  writeFileSync(join(folder, "nginx.conf"), mainConfiguration(folder));
  const child = spawn("nginx", ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  t.after(async () => {
    // Its master ends the workers; killed, it would leave them.
    child.kill("SIGTERM");
    await ended;
  });
  await until("nginx to answer", async () => {
    if (child.exitCode !== null) assert.fail(`nginx ended: ${said}`);
    // Of nginx itself: no front-end is asked.
    return (await fetch(`http://${address}/nginx-error`)).status === 404;
  }, 10_000);
  return `http://${address}`;
}
