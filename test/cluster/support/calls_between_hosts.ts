/**
 * Who opened connections to whose internal port, as the kernel shows it on each host, and who may
 * by the firewall of shared/deploy. A call reads `order to catalog`.
 */
import { readFileSync } from "node:fs";
import type { Host, Hosts } from "./hosts.ts";
import { machineFile } from "./unit_file.ts";

const ESTABLISHED = "01";
/** The first number of the internal ports of a kind. */
const KIND_AT = new Map([["8101", "frontend"], ["8201", "catalog"], ["8301", "order"]]);

export function allowedCalls(): Set<string> {
  const accepts = /tcp dport (\d+)-\d+ ip saddr @(\w+)s accept/g;
  return new Set([...machineFile("firewall.nft").matchAll(accepts)].flatMap(([, port, from]) => {
    const to = KIND_AT.get(port!);
    return to === undefined ? [] : [`${from} to ${to}`];
  }));
}

/** Those that are open at this moment. */
export function callsOf(hosts: Hosts): Set<string> {
  const byAddress = new Map(hosts.all.map((host) => [
    `${host.settings.host}:${host.settings.internalPort}`, host,
  ]));
  return new Set(hosts.all.flatMap((from) =>
    remoteAddresses(from).flatMap((address) => {
      const to = byAddress.get(address);
      return to === undefined ? [] : [`${from.member.kind} to ${to.member.kind}`];
    })));
}

/** Where connections of this host lead, `10.1.2.3:8301`, from its kernel's table. */
function remoteAddresses({ pid }: Host): string[] {
  const [, ...lines] = readFileSync(`/proc/${pid}/net/tcp`, "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => {
    const [, , remote, state] = line.trim().split(/\s+/);
    if (state !== ESTABLISHED) return [];
    const [address, port] = remote!.split(":");
    const bytes = Buffer.from(address!, "hex").reverse();
    return [`${[...bytes].join(".")}:${Number.parseInt(port!, 16)}`];
  });
}
