/**
 * A member's internal port. Who asks there are the other members, with whole
 * batches: for each of them two messages between threads would cost more than
 * reading its HTTP does. So the owner thread serves the port itself; with
 * THREADS above 1 further threads serve the same socket beside it, and ask the
 * owner by message (owner_threads.ts).
 */
import { PATIENT, type Asker } from "../threads/asker.ts";
import { INTERNAL_CONNECTIONS_MAX, STRANGERS_MAX } from "../door_limits.ts";
import { INTERNAL_REQUEST_BYTES_MAX } from "../limits.ts";
import type { MemberContext } from "../member/member.ts";
import { parseText, textOf } from "../threads/thread_messages.ts";
import { startHttpThreads } from "../threads/owner_threads.ts";
import { internalRoutes, type InternalCall, type InternalOwner } from "./internal_calls.ts";
import { requireSecret } from "./require_secret.ts";
import { startHttpServer, type HttpServer, type Listen } from "../http/server.ts";

/** Members keep few connections; strangers have no business here. */
const CONNECTIONS = {
  total: INTERNAL_CONNECTIONS_MAX,
  perAddress: INTERNAL_CONNECTIONS_MAX,
  strangers: STRANGERS_MAX,
};

/** What a thread that serves the port beside the owner is told; it survives a clone. */
export interface InternalPortData {
  secret: string;
  birth: string;
  calls: readonly InternalCall[];
}

/** Of the member whose port it is. */
export interface PortOwner extends Pick<MemberContext, "secret" | "fail"> {
  settings: Pick<MemberContext["settings"], "host">;
  birth: Pick<MemberContext["birth"], "id">;
}

export interface InternalPortOptions {
  port: number;
  /** Threads that serve it, the owner among them. */
  threads: number;
  calls: readonly InternalCall[];
  /** @param kind `POST /sales` @throws AppError as each call says */
  handle: (kind: string, body: unknown, asker: Asker) => unknown;
  /** Some askers are gone since. */
  onGone?: () => void;
}

export interface InternalPort {
  readonly port: number;
  /** Answers what was taken; the port is not open afterwards. */
  close(): Promise<void>;
}

/** @throws the error of listen(), as EADDRINUSE */
export async function startInternalPort(
  { settings, secret, birth, fail }: PortOwner,
  { port, threads, calls, handle, onGone = () => {} }: InternalPortOptions,
): Promise<InternalPort> {
  const handleText = (kind: string, text: string, asker: Asker) =>
    handle(kind, parseText(text), asker);
  const owner: InternalOwner = {
    askText: async (kind, text, asker = PATIENT) => textOf(await handleText(kind, text, asker)),
    dropGone: onGone,
    healthy: () => true,
  };
  const data: InternalPortData = { secret, birth: birth.id, calls };
  const listen = { host: settings.host, port };
  const server = await serveInternalPort(data, { listen, owner, onBug: fail });
  const others = threads === 1 ? null : await startHttpThreads({
    module: new URL("./internal_thread.ts", import.meta.url).href,
    count: threads - 1,
    listen: { fd: server.fd },
    data,
    handle: handleText,
    onGone,
    onDeath: fail,
  });
  return {
    port: server.port,
    async close() {
      await others?.close();
      await server.close();
    },
  };
}

export interface ServingOptions {
  listen: Listen;
  owner: InternalOwner;
  onBug: (error: unknown) => void;
}

/** One thread's server of the port. */
export function serveInternalPort(
  { secret, birth, calls }: InternalPortData,
  { listen, owner, onBug }: ServingOptions,
): Promise<HttpServer> {
  return startHttpServer({
    routes: internalRoutes(calls, owner),
    listen,
    bodyBytesMax: INTERNAL_REQUEST_BYTES_MAX,
    admit: requireSecret(secret, birth),
    connections: CONNECTIONS,
    internal: true,
    onGone: () => owner.dropGone(),
    onBug,
  });
}
