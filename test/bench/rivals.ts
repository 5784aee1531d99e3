/**
 * What the store is measured against, each started in a folder of its own
 * and on free ports. Null where it is not installed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts, startProcess, untilReady, versionOf, type Closing } from "./processes.ts";

export interface Rival {
  name: string;
  url: string;
}
interface RivalOptions {
  folder: string;
  closing: Closing;
}

const BARE_SERVER = fileURLToPath(new URL("./bare_server.ts", import.meta.url));

interface BareTask {
  /** The same `body` for all, or a number for each body that it parsed. */
  mode: "answer" | "parse";
  threads: number;
  body: string;
}

/** A server on node:http that does nothing else (bare_server.ts). */
export async function startBareServer(
  { mode, threads, body }: BareTask,
  { closing }: Pick<RivalOptions, "closing">,
): Promise<Rival> {
  const [port] = await freePorts(1);
  const args = ["--import", "tsx", BARE_SERVER, String(port), mode, String(threads), body];
  const running = startProcess(process.execPath, args, { closing });
  const url = `http://127.0.0.1:${port}/`;
  const request = { method: "POST", body: "{}" };
  await untilReady("the bare node:http server", running, async () =>
    (await fetch(url, request)).ok);
  return { name: "node:http", url };
}

/** Three nodes, as the store has three replicas; `url` is the leader's, for a fair race. */
export async function startEtcd({ folder, closing }: RivalOptions): Promise<Rival | null> {
  const version = versionOf("etcd", "--version");
  if (version === null) return null;
  const ports = await freePorts(6);
  const peers = [0, 1, 2].map((node) => `http://127.0.0.1:${ports[node]}`);
  const clients = [0, 1, 2].map((node) => `http://127.0.0.1:${ports[node + 3]}`);
  const cluster = peers.map((peer, node) => `n${node}=${peer}`).join(",");
  const nodes = peers.map((peer, node) => {
    const client = clients[node] ?? "";
    return startProcess("etcd", etcdArguments({ node, peer, client, cluster, folder }), {
      closing,
    });
  });
  let leader: string | undefined;
  await untilReady("etcd", nodes[0]!, async () => {
    const found = await Promise.all(clients.map(async (url) => ((await isLeader(url)) ? url : "")));
    leader = found.find((url) => url !== "");
    return leader !== undefined;
  });
  return { name: version.replace(/^etcd Version: /, "etcd "), url: leader ?? "" };
}

function etcdArguments(options: {
  node: number;
  peer: string;
  client: string;
  cluster: string;
  folder: string;
}): string[] {
  const { node, peer, client, cluster, folder } = options;
  return [
    ...["--name", `n${node}`, "--data-dir", join(folder, `etcd-${node}`)],
    ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
    ...["--listen-client-urls", client, "--advertise-client-urls", client],
    ...["--initial-cluster", cluster, "--initial-cluster-state", "new"],
  ];
}

async function isLeader(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/v3/maintenance/status`, { method: "POST", body: "{}" });
  const { leader, header } = (await answer.json()) as {
    leader?: string;
    header?: { member_id?: string };
  };
  return leader !== undefined && leader !== "0" && leader === header?.member_id;
}

/** One worker that answers `body` from memory, as the front-end's one thread does. */
export async function startNginx(body: string, options: RivalOptions): Promise<Rival | null> {
  const version = versionOf("nginx", "-v");
  if (version === null) return null;
  const folder = join(options.folder, "nginx");
  mkdirSync(folder);
  const [port] = await freePorts(1);
  writeFileSync(join(folder, "nginx.conf"), nginxSettings(port ?? 0, body));
  const args = ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")];
  const running = startProcess("nginx", args, { closing: options.closing });
  const url = `http://127.0.0.1:${port}/`;
  await untilReady("nginx", running, async () => (await fetch(url)).ok);
  return { name: version.replace(/^nginx version: nginx\//, "nginx "), url };
}

function nginxSettings(port: number, body: string): string {
  return `daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:${port};
    default_type application/json;
    location / { return 200 '${body}'; }
  }
}
`;
}
