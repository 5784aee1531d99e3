/**
 * Who is connected to a server, and who has to go. Connections are bounded in
 * all and for each address, so that one client locks nobody out:
 *
 * - At a bound the connections that were idle the longest are let go, of the
 *   address that is at its own bound, else of the one that has most. A slow
 *   sender is idle: it has not asked anything yet.
 * - Where none is idle the newcomer is surplus: it may ask for the server's
 *   health, and hears 503 or 429 for anything else. There is room for few of
 *   these; what comes beyond is hung up on.
 * - A client that does not take what it asked for is let go as well: its
 *   answers stand in our memory and the kernel's.
 *
 * On a port whose clients have to prove who they are, those that have not yet
 * are bounded apart, and never displace the others.
 */
import type { Socket } from "node:net";
import { monotonicMs } from "../clock.ts";
import * as doors from "../door_limits.ts";
import { addressKey, Client } from "./client.ts";

export interface ConnectionLimits {
  total: number;
  /** From one address; an IPv6 network of 64 bits counts as one. */
  perAddress: number;
  /** That have not shown the secret yet, where one is wanted; else null. */
  strangers: number | null;
}

/** What the table needs of a connection. */
export interface TableConnection {
  readonly socket: Socket;
  readonly client: Client;
  isTrusted: boolean;
  surplus: "address" | "total" | null;
  /** Not being served. */
  readonly isIdle: boolean;
  /** Rises from use to use, of all connections of the server. */
  readonly lastUse: number;
  /** The client has taken next to nothing of what waits for it, for too long. */
  isStuck(nowMs: number): boolean;
}

export class ConnectionTable<Connection extends TableConnection> {
  readonly #limits: ConnectionLimits;
  readonly #connections = new Set<Connection>();
  readonly #clients = new Map<string, Client>();
  #strangers = 0;
  #surplus = 0;
  readonly #sweeping: NodeJS.Timeout;

  constructor(connectionLimits: ConnectionLimits) {
    this.#limits = connectionLimits;
    this.#sweeping = setInterval(() => this.#sweep(), doors.WRITE_CHECK_MS);
    this.#sweeping.unref();
  }

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  clientOf(address: string | undefined): Client {
    const key = addressKey(address ?? "");
    let client = this.#clients.get(key);
    if (client === undefined) this.#clients.set(key, (client = new Client(key)));
    return client;
  }

  /** Its place; for `none` the socket is destroyed. */
  add(connection: Connection): void {
    const { total, perAddress, strangers } = this.#limits;
    const { client } = connection;
    if (strangers !== null && this.#strangers >= strangers) this.#letGo((one) => !one.isTrusted);
    const isOwn = (one: Connection): boolean => one.client === client;
    if (client.connections >= perAddress) this.#letGo(isOwn);
    if (this.#connections.size - this.#surplus >= total) this.#letGo(isOneOf(this.#largest()));
    // Where one address may have all connections it speaks for many clients: none has too many.
    const isOverShare = client.connections >= perAddress && perAddress < total;
    const isOver = isOverShare || this.#connections.size - this.#surplus >= total ||
      (strangers !== null && this.#strangers >= strangers);
    if (isOver && this.#surplus >= doors.SURPLUS_CONNECTIONS_MAX) {
      this.#dropIfUnused(client);
      connection.socket.destroy();
      return;
    }
    // It may have been let go of with its last connection, to make room for this one.
    this.#clients.set(client.address, client);
    connection.surplus = isOver ? (isOverShare ? "address" : "total") : null;
    if (isOver) this.#surplus++;
    else client.connections++;
    if (strangers !== null && !isOver) this.#strangers++;
    this.#connections.add(connection);
  }

  /** It has shown the secret. */
  trust(connection: Connection): void {
    if (connection.isTrusted || !this.#connections.has(connection)) return;
    connection.isTrusted = true;
    if (connection.surplus === null && this.#limits.strangers !== null) this.#strangers--;
  }

  delete(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const { client, surplus, isTrusted } = connection;
    if (surplus !== null) this.#surplus--;
    else {
      client.connections--;
      if (!isTrusted && this.#limits.strangers !== null) this.#strangers--;
    }
    this.#dropIfUnused(client);
  }

  close(): void {
    clearInterval(this.#sweeping);
  }

  #dropIfUnused(client: Client): void {
    // One whose rate is limited is remembered until it could ask as much as it likes again.
    if (client.connections === 0 && !client.isMetered) this.#clients.delete(client.address);
  }

  /** The client with most connections. */
  #largest(): Client | null {
    let largest: Client | null = null;
    for (const client of this.#clients.values()) {
      if (largest === null || client.connections > largest.connections) largest = client;
    }
    return largest;
  }

  /** Ends a part of those that are idle, the longest first: one look serves many newcomers. */
  #letGo(isMeant: (connection: Connection) => boolean): void {
    const idle = [...this.#connections].filter((one) => one.isIdle && isMeant(one));
    idle.sort((one, other) => one.lastUse - other.lastUse);
    const count = Math.ceil(idle.length * doors.LET_GO_SHARE);
    for (const connection of idle.slice(0, count)) {
      this.delete(connection);
      connection.socket.destroy();
    }
  }

  /** Lets go of those who take nothing of what waits for them, or next to nothing. */
  #sweep(): void {
    const nowMs = monotonicMs();
    for (const connection of this.#connections) {
      if (connection.isStuck(nowMs)) connection.socket.resetAndDestroy();
    }
    for (const client of this.#clients.values()) {
      if (client.isForgotten(nowMs)) this.#clients.delete(client.address);
    }
  }
}

function isOneOf(client: Client | null): (connection: TableConnection) => boolean {
  return (connection) => connection.client === client;
}
