/**
 * A port base for a store of its own, beside others that start at the same
 * moment. A store's ports span 230 numbers, so bases stand 250 apart, below
 * the range from which the system takes the ports of outgoing connections.
 * Whoever takes a base keeps listening on its tenth port, which no member
 * uses, for as long as the store may run: two tests can never hold one base.
 */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";
import { DEFAULT_SETTINGS, type StoreSettings } from "./settings.ts";
import { hostOf, membersOf } from "./layout.ts";

const FIRST_BASE = 10_000;
const BASE_STEP = 250;
const BASES = 86;
const CLAIM_OFFSET = 9;

export interface PortClaim {
  portBase: number;
  release(): void;
}

/** @throws Error when none of the bases is free. */
export async function claimPortBase(given: Partial<StoreSettings>): Promise<PortClaim> {
  const settings = { ...DEFAULT_SETTINGS, ...given };
  const host = hostOf(settings);
  const first = randomInt(BASES);
  for (let tried = 0; tried < BASES; tried++) {
    const portBase = FIRST_BASE + ((first + tried) % BASES) * BASE_STEP;
    const claim = await listenOn(host, portBase + CLAIM_OFFSET);
    if (claim === null) continue;
    const ports = membersOf({ ...settings, portBase }).flatMap((member) => member.ports);
    if (await areFree(host, ports)) {
      claim.unref();
      return { portBase, release: () => claim.close() };
    }
    claim.close();
  }
  throw new Error(`No ${BASE_STEP} free ports in a row from ${FIRST_BASE} on`);
}

/** Listens on all of them at once, then closes them. */
async function areFree(host: string, ports: number[]): Promise<boolean> {
  const servers = await Promise.all(ports.map((port) => listenOn(host, port)));
  const closed = servers.map((server) => server === null ? null : closeServer(server));
  await Promise.all(closed);
  return servers.every((server) => server !== null);
}

function listenOn(host: string, port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(null));
    server.listen({ host, port }, () => resolve(server));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
