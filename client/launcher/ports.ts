/**
 * Is a port free, and if not, who holds it? A store whose port is taken must
 * not start at all, and the person wants a name, not EADDRINUSE. Linux tells
 * by /proc (socket → inode → the process with that descriptor), macOS by lsof.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { tryToListen } from "../../shared/member/port_probe.ts";
import { commandLineOf } from "./process_table.ts";

export interface Holder {
  /** Null when this user may not see whose it is, or it is ending. */
  pid: number | null;
  /** Its command line, or what is known instead. */
  name: string;
}

export type PortState = "free" | "taken" | "forbidden";

/** Tries the port for a moment. Other failures (no such address) are thrown. */
export async function portState(host: string, port: number): Promise<PortState> {
  const code = await tryToListen(host, port);
  if (code === "EADDRINUSE") return "taken";
  if (code === "EACCES") return "forbidden";
  if (code !== null) throw new Error(`Cannot listen on ${host}:${port}: ${code}`);
  // macOS lets one listen on 127.0.0.1 while another listens on all addresses.
  return process.platform === "darwin" && (await answers(port)) ? "taken" : "free";
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const settle = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.setTimeout(500, () => settle(false));
  });
}

/** Who listens on the port; null when nobody does. */
export function holderOf(port: number): Holder | null {
  return existsSync("/proc/net/tcp") ? holderByProc(port) : holderByLsof(port);
}

function named(pid: number): Holder {
  const name = commandLineOf(pid);
  return name === null ? { pid: null, name: "a process that is ending" } : { pid, name };
}

function holderByProc(port: number): Holder | null {
  const socket = listeningSocket(port);
  if (socket === null) return null;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || !holds(name, `socket:[${socket.inode}]`)) continue;
    return named(Number(name));
  }
  return { pid: null, name: `a process of the user with the id ${socket.user}` };
}

/**
 * The columns of /proc/net/tcp: number, local address, remote address, state
 * (0A listens), queues, timer, retransmits, user, timeout, inode.
 */
function listeningSocket(port: number): { inode: string; user: string } | null {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, "utf8").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(ending) && fields[3] === "0A") {
        return { inode: fields[9]!, user: fields[7]! };
      }
    }
  }
  return null;
}

function holds(pid: string, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === target);
  } catch {
    return false;
  }
}

function linkOf(file: string): string | null {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
}

function holderByLsof(port: number): Holder | null {
  try {
    const text = execFileSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return named(Number(text.split("\n")[0]));
  } catch {
    return null;
  }
}
