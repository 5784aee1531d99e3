/**
 * What a front-end lets in: settings of its public port that the person who
 * runs it knows better than the store does. What is not set follows from
 * limits.ts.
 */
import { asInteger, asPattern } from "./config_values.ts";
import { ADDRESS_SHARE, CONNECTIONS_MAX } from "../door_limits.ts";
import { PUBLIC_BODY_BYTES_MAX } from "../limits.ts";

export interface DoorSettings {
  /** Connections to the public port, all threads together. */
  connectionsMax: number;
  /** Of them from one address; an IPv6 network of 64 bits counts as one. */
  connectionsPerClient: number;
  /** Requests a second from one address; null: as many as there is room for. */
  requestsPerClient: number | null;
  bodyBytesMax: number;
  /** Names under which browsers reach this store, lower case; empty: see same_origin.ts. */
  publicHosts: readonly string[];
}

export const DOOR_VARIABLES = [
  { name: "CONNECTIONS", meaning: "public connections, 16-100000", default: `${CONNECTIONS_MAX}` },
  { name: "CLIENT_CONNECTIONS", meaning: "of them from one address", default: "3 of 4" },
  { name: "CLIENT_RATE", meaning: "requests a second from one address", default: "no limit" },
  { name: "BODY_BYTES", meaning: "of a body, 1024-1048576", default: `${PUBLIC_BODY_BYTES_MAX}` },
  { name: "PUBLIC_HOSTS", meaning: "names of the store, for browsers", default: "its addresses" },
];

const HOST = /^[A-Za-z0-9._-]{1,253}$/;

/** @throws UsageError */
export function readDoors(given: (name: string) => string | undefined): DoorSettings {
  const integer = (name: string, fallback: number, min: number, max: number): number =>
    asInteger(name, given(name) ?? String(fallback), { min, max });
  const connectionsMax = integer("CONNECTIONS", CONNECTIONS_MAX, 16, 100_000);
  const share = Math.ceil(connectionsMax * ADDRESS_SHARE);
  const rate = given("CLIENT_RATE");
  const hosts = given("PUBLIC_HOSTS")?.split(",") ?? [];
  return {
    connectionsMax,
    connectionsPerClient: integer("CLIENT_CONNECTIONS", share, 1, connectionsMax),
    requestsPerClient: rate === undefined ? null : integer("CLIENT_RATE", 0, 1, 1_000_000),
    bodyBytesMax: integer("BODY_BYTES", PUBLIC_BODY_BYTES_MAX, 1_024, 1_048_576),
    publicHosts: hosts.map((host) => {
      const allowed: [RegExp, string] = [HOST, "a list of host names: shop.example,…"];
      return asPattern("PUBLIC_HOSTS", host.trim(), allowed).toLowerCase();
    }),
  };
}
