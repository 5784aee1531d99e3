/**
 * The files of shared/deploy, held against what the members know: a setting that is not there
 * any more, a time that does not fit, an address that differs from file to file would be noticed
 * on the day of the installation, by somebody else.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { MemberName } from "../../client/launcher/layout.ts";
import { readSettings, type MemberKind, type Settings } from "../../shared/member/config.ts";
import { CONNECTIONS_MAX } from "../../shared/door_limits.ts";
import { CLOSE_GRACE_MS } from "../../shared/limits.ts";
import {
  machineFile, readStoreEnvironment, readUnit, unitValues,
} from "../cluster/support/unit_file.ts";
import { ownFolder } from "../client/launcher/own_folder.ts";

const KINDS: MemberKind[] = ["frontend", "catalog", "order"];
const ONE: MemberName = { kind: "order", id: 3 };

function settingsOf(kind: MemberKind, id: number): Settings {
  return readSettings(kind, readUnit({ kind, id }).environment, []);
}

/** Ids of a kind, by the list of one that exists. */
function idsOf(kind: MemberKind): number[] {
  const { frontends, catalogs, orders } = settingsOf(kind, 1);
  return [...{ frontend: frontends, catalog: catalogs, order: orders }[kind].keys()];
}

test("every member starts with what its unit and store.env say, each at its own address", () => {
  const hosts = new Set<string>();
  for (const kind of KINDS) {
    for (const id of idsOf(kind)) {
      const { folder, secretFile, host, birth, recover } = settingsOf(kind, id);
      assert.equal(folder, `/var/lib/store/${kind}-${id}`);
      assert.deepEqual([secretFile, birth, recover], ["/etc/store/secret", "shop-1", true]);
      assert.match(host, /^10\.0\.0\.\d+$/);
      assert.equal(readUnit({ kind, id }).command.at(-1), `${kind}/main.ts`);
      hosts.add(host);
    }
  }
  assert.equal(hosts.size, KINDS.flatMap(idsOf).length);
});

test("store.env and the unit set nothing that members do not know", () => {
  const known = spawnSync(process.execPath, ["--import", "tsx", "order/main.ts", "--help"],
    { encoding: "utf8" }).stdout;
  const commented = machineFile("store.env").matchAll(/^#(\w+)=/gm);
  const names = [
    ...Object.keys(readUnit(ONE).environment), ...[...commented].map(([, name]) => name!),
  ];
  for (const name of names) assert.match(known, new RegExp(`^  ${name} `, "m"));
});

test("the firewall and nginx know the hosts of store.env, and no others", () => {
  const firewall = machineFile("firewall.nft");
  for (const kind of KINDS) {
    const [, listed] = new RegExp(`set ${kind}s {[^}]*elements = { (.*) }`).exec(firewall)!;
    assert.deepEqual(listed!.split(", "), idsOf(kind).map((id) => settingsOf(kind, id).host));
  }
  const balancer = machineFile("../../frontend/nginx.conf");
  const servers = [...balancer.matchAll(/^ +server ([\d.]+:\d+) /gm)].map(([, server]) => server);
  assert.deepEqual(servers, idsOf("frontend").map((id) => {
    const { host, port } = settingsOf("frontend", id);
    return `${host}:${port}`;
  }));
});

test("behind nginx its one address may have all connections, at any rate", () => {
  for (const id of idsOf("frontend")) {
    const { connectionsMax, connectionsPerClient, requestsPerClient } =
      settingsOf("frontend", id).doors;
    assert.deepEqual([connectionsPerClient, requestsPerClient], [connectionsMax, null]);
  }
});

test("a unit gives a member the time that it takes, and what it opens", () => {
  const number = (key: string) => Number(unitValues(key, ONE)[0]);
  assert(number("TimeoutStopSec") * 1_000 > CLOSE_GRACE_MS);
  assert(number("LimitNOFILE") > 2 * CONNECTIONS_MAX);
  assert.equal(number("RestartPreventExitStatus"), 2, "as --help has it");
  assert.equal(readStoreEnvironment()["PORT"], undefined, "it would be that of all on a host");
});

/** Units in a folder of their own, as a host has them; what systemd has against them. */
function verify(folder: string, text: string): { status: number | null; said: string } {
  const path = join(folder, "store-order@.service");
  writeFileSync(path, text);
  const unit = join(folder, "store-order@3.service");
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  return { status, said: stderr };
}

test("systemd has nothing against the unit, and reads kind and number as meant", (t) => {
  if (spawnSync("systemd-analyze", ["--version"]).error !== undefined) {
    return t.skip("there is no systemd-analyze here");
  }
  const folder = ownFolder(t);
  const text = machineFile("store-member@.service").replace("/usr/bin/node", process.execPath);
  assert.deepEqual(verify(folder, text), { status: 0, said: "" });
  const named = text.replace(process.execPath, "/nowhere/%j-%i");
  assert.match(verify(folder, named).said, /\/nowhere\/order-3 /);
});

test("nft takes the firewall", (t) => {
  const { error, status, stderr } = spawnSync("nft", ["-c", "-f", "-"], {
    input: machineFile("firewall.nft"), encoding: "utf8",
  });
  if (error !== undefined) return t.skip("there is no nft here");
  if (process.getuid?.() !== 0) return t.skip("only root may ask nft");
  assert.equal(status, 0, stderr);
});
