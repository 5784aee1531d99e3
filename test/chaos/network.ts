/**
 * A network in which members can be cut apart: each in a namespace of its
 * own, with an address of its own, all on one bridge of this machine, where
 * this process and the crowd reach them as well.
 *
 *   chaos-<pid>-order-3  eth0 10.p.p.4 ──── chaos<pid>o3 ┐
 *   chaos-<pid>-order-2  eth0 10.p.p.3 ──── chaos<pid>o2 ┼ chaos<pid>  10.p.p.1
 *   …                                                    ┘
 *
 * A cut from one to another is a wrong link address for the other, kept for
 * good in the neighbour table of the one: what it sends goes to nobody.
 * Nothing is refused and nothing is reset, connections just stay open, as
 * when a cable is pulled. The other direction is a cut of its own. Who is to
 * reach nobody at all, this machine neither, has its wire taken off the bridge.
 *
 * Names carry the number of this process. What a run left that was killed is
 * removed by the next one, the members in it too.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import type { Prefix } from "../../client/launcher/member_process.ts";
import { commandLineOf, exists } from "../../client/launcher/process_table.ts";
import { labelOf } from "../../client/launcher/layout.ts";
import { chooseRange } from "./address_range.ts";
import { ip, ipAll, IpError } from "./ip.ts";

/** What `from` sends does not reach `to`. Labels of members, `order-3`. */
export interface Link {
  from: string;
  to: string;
}

/** This machine or this user may not make such a network. The message says why. */
export class NoNetworkError extends Error {
  override readonly name = "NoNetworkError";
}

const OWN_NAME = /^chaos-(\d+)-/;
/** A bridge, or the end of a member's wire at it; at most 15 characters. */
const OWN_LINK = /^chaos(\d+)(?:[cfo]\d)?$/;
/** Locally administered, and nobody's. */
const NOBODY = "02:00:00:00:00:00";
const CHECK_PORT = 80;
const CHECK_MAX_MS = 3_000;

export class Network {
  /** Address of each member, by label. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly #pid = process.pid;

  private constructor(hosts: Record<string, string>) {
    this.hosts = hosts;
  }

  /**
   * @param labels of the members, `order-3`
   * @throws NoNetworkError with one line
   */
  static async open(labels: readonly string[]): Promise<Network> {
    if (process.platform !== "linux") throw new NoNetworkError("only Linux has namespaces");
    if (process.geteuid?.() !== 0) throw new NoNetworkError("only root may make namespaces");
    try {
      await removeLeftovers();
      const range = chooseRange(process.pid, await ip(["-4", "route"]));
      if (range === null) throw new NoNetworkError("every range of addresses is in use here");
      const hosts = labels.map((label, at) => [label, `${range}.${at + 2}`] as const);
      const network = new Network(Object.fromEntries(hosts));
      await network.#build(`${range}.1`).catch(async (error: unknown) => {
        await network.close();
        throw error;
      });
      return network;
    } catch (error) {
      if (error instanceof IpError) throw new NoNetworkError(error.message);
      throw error;
    }
  }

  /** What a member's command line begins with, so that it runs in its namespace. */
  get prefix(): Prefix {
    return (member) => ["ip", "netns", "exec", this.namespace(labelOf(member))];
  }

  namespace(label: string): string {
    return `chaos-${this.#pid}-${label}`;
  }

  /** A link that is cut already stays so. @throws IpError */
  async cut(links: readonly Link[]): Promise<void> {
    await this.#tell(links, (to) =>
      `neigh replace ${this.hosts[to]} lladdr ${NOBODY} dev eth0 nud permanent`);
  }

  /** Of links that are cut. @throws IpError */
  async heal(links: readonly Link[]): Promise<void> {
    await this.#tell(links, (to) => `neigh del ${this.hosts[to]} dev eth0`);
  }

  /** Nothing leaves it or arrives any more. @throws IpError */
  async unplug(label: string): Promise<void> {
    await ip(["link", "set", this.#wire(label), "nomaster"]);
  }

  /** @throws IpError */
  async plugIn(label: string): Promise<void> {
    await ip(["link", "set", this.#wire(label), "master", `chaos${this.#pid}`]);
  }

  /** The end at the bridge. */
  #wire(label: string): string {
    return `chaos${this.#pid}${label[0]}${label.at(-1)}`;
  }

  /** Removes all of it; whoever still runs in it reaches nobody any more. */
  async close(): Promise<void> {
    const own = (name: string) => name.startsWith(this.namespace(""));
    await removeAll((name) => own(name), (link) =>
      Number(OWN_LINK.exec(link)?.[1]) === this.#pid);
  }

  async #tell(links: readonly Link[], command: (to: string) => string): Promise<void> {
    const byFrom = new Map<string, string[]>();
    for (const { from, to } of links) {
      byFrom.set(from, [...byFrom.get(from) ?? [], command(to)]);
    }
    await Promise.all([...byFrom].map(([from, commands]) =>
      ipAll(this.namespace(from), commands)));
  }

  async #build(address: string): Promise<void> {
    const bridge = `chaos${this.#pid}`;
    const labels = Object.keys(this.hosts);
    for (const label of labels) await ip(["netns", "add", this.namespace(label)]);
    await ipAll(null, [
      `link add ${bridge} type bridge`,
      `addr add ${address}/24 dev ${bridge}`,
      `link set ${bridge} up`,
      ...labels.flatMap((label) => {
        const wire = this.#wire(label);
        return [
          `link add ${wire} type veth peer name eth0 netns ${this.namespace(label)}`,
          `link set ${wire} master ${bridge} up`,
        ];
      }),
    ]);
    await Promise.all(labels.map((label) => ipAll(this.namespace(label), [
      `addr add ${this.hosts[label]}/24 dev eth0`, "link set eth0 up", "link set lo up",
    ])));
    await this.#check(labels[0]!, labels.at(-1)!);
  }

  /** A firewall may look at what crosses a bridge: then no member would reach another. */
  async #check(from: string, to: string): Promise<void> {
    const run = (label: string, code: string) =>
      ["netns", "exec", this.namespace(label), process.execPath, "-e", code];
    const listen = `require("net").createServer((s) => s.end())` +
      `.listen(${CHECK_PORT}, "${this.hosts[to]}", () => console.log("ready"))`;
    const call = `require("net").connect(${CHECK_PORT}, "${this.hosts[to]}").resume()`;
    const listening = spawn("ip", run(to, listen), { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(listening.stdout, "data", { signal: AbortSignal.timeout(CHECK_MAX_MS) });
      await promisify(execFile)("ip", run(from, call), { timeout: CHECK_MAX_MS });
    } catch {
      throw new NoNetworkError("namespaces on one bridge do not reach each other here");
    } finally {
      listening.kill("SIGKILL");
    }
  }
}

/** What runs left whose process is gone. */
async function removeLeftovers(): Promise<void> {
  const isLeft = (match: RegExpExecArray | null) => match !== null && !exists(Number(match[1]));
  await removeAll((name) => isLeft(OWN_NAME.exec(name)), (link) => isLeft(OWN_LINK.exec(link)));
}

/** Another run may be removing the same: what is gone already is no failure. */
async function removeAll(
  isNamespace: (name: string) => boolean,
  isLink: (name: string) => boolean,
): Promise<void> {
  const names = (await ip(["netns", "list"])).split("\n").map((line) => line.split(" ")[0]!);
  for (const name of names.filter(isNamespace)) await endMembers(name);
  // The wires first: a namespace lets go of its ends only some time after it was deleted.
  for (const link of readdirSync("/sys/class/net").filter(isLink)) {
    await ip(["link", "del", link]).catch(() => {});
  }
  for (const name of names.filter(isNamespace)) await ip(["netns", "del", name]).catch(() => {});
}

/** Nobody but a run of chaos starts anything in such a namespace. */
async function endMembers(namespace: string): Promise<void> {
  const pids = await ip(["netns", "pids", namespace]).catch(() => "");
  for (const pid of pids.split("\n").map(Number)) {
    if (pid > 0 && commandLineOf(pid)?.includes("/main.ts") === true) {
      process.kill(pid, "SIGKILL");
    }
  }
}
