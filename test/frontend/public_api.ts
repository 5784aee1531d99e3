/** The public API on a real server and socket, with an owner that the test speaks for. */
import { type TestContext } from "node:test";
import type { LookupAsk } from "../../frontend/owner_messages.ts";
import { originCheck } from "../../frontend/api/same_origin.ts";
import { withheldRoutes } from "../../frontend/api/admin_routes.ts";
import { makePages } from "../../frontend/api/handlers.ts";
import { publicRoutes } from "../../frontend/api/routes.ts";
import { makeSharedMemory, viewsOf } from "../../frontend/cache/shared_memory.ts";
import { PATIENT, type Asker } from "../../shared/threads/asker.ts";
import { monotonicMs } from "../../shared/clock.ts";
import { startHttpServer } from "../../shared/http/server.ts";
import { PUBLIC_BODY_BYTES_MAX } from "../../shared/limits.ts";
import type { TextOwner } from "../../shared/threads/owner_threads.ts";
import { sendRaw } from "../shared/http/raw_client.ts";

export const TUX = { name: "Tux", price: 15.99, quantity: 100 };

/** What the owner is asked, and what it says: a good day's answers unless the test differs. */
export class FakeOwner implements TextOwner {
  readonly asked: { kind: string; body: unknown }[] = [];
  /** For whom, in the same order. */
  readonly askers: Asker[] = [];
  readonly answers: Record<string, (body: unknown) => unknown> = {
    lookup: (body) => {
      return (body as LookupAsk).name === "Tux" ? { product: TUX, version: 3, keep: true } : null;
    },
    list: () => ({ products: [TUX], more: false, version: 3, keep: true }),
    place: () => ({ code: "ordered", number: 7, replayed: false }),
    find: (number) => (number === 7 ? { number: 7, name: "Tux", type: "buy", quantity: 1 } : null),
    leader: () => ({ id: 3, term: 5 }),
    ready: () => ({ orderLeader: true, catalog: true }),
    status: () => ({ store: "toys", members: [] }),
  };
  isHealthy = true;
  tell: (kind: string) => void = () => {};

  /** The body of what was asked last. */
  latest<T>(): T {
    return this.asked.at(-1)!.body as T;
  }

  async ask<T>(kind: string, body: unknown, asker = PATIENT): Promise<T> {
    this.asked.push({ kind, body });
    this.askers.push(asker);
    return this.answers[kind]!(body) as T;
  }

  async askText(kind: string, text: string, asker = PATIENT): Promise<string> {
    return JSON.stringify(await this.ask(kind, text, asker));
  }

  dropGone(): void {}

  healthy(): boolean {
    return this.isHealthy;
  }

  onTell(handler: (kind: string, body: unknown) => void): void {
    this.tell = (kind) => handler(kind, null);
  }
}

export interface PublicApi {
  port: number;
  owner: FakeOwner;
  epochs: { raise(names: readonly string[]): void };
  counts: { hits: number; misses: number; evictions: number; entries: number };
  /** The whole answer as text, without what differs from run to run. */
  send(requestLine: string, headers?: readonly string[], body?: string | Buffer): Promise<string>;
}

export interface PublicApiOptions {
  cacheSize?: number;
  leased?: boolean;
  store?: string;
  adminToken?: string | null;
}

export async function startPublicApi(
  t: TestContext,
  { cacheSize = 10, leased = true, store = "toys", adminToken = null }: PublicApiOptions = {},
): Promise<PublicApi> {
  const owner = new FakeOwner();
  const memory = makeSharedMemory(1);
  const { epochs, lease } = viewsOf(memory);
  if (leased) {
    lease.renumber();
    lease.extend(monotonicMs() + 600_000);
  }
  const counts = { hits: 0, misses: 0, evictions: 0, entries: 0 };
  const settings = { id: 1, store, birth: "b-1", cacheSize, cacheTtlMs: null, adminToken };
  const pages = makePages({ ...settings, logLevel: "error", memory }, owner, counts);
  const server = await startHttpServer({
    routes: [...publicRoutes(pages), ...withheldRoutes(pages.store, adminToken !== null)],
    listen: { host: "127.0.0.1", port: 0 },
    bodyBytesMax: PUBLIC_BODY_BYTES_MAX,
    admit: originCheck({ publicHosts: [], host: "127.0.0.1" }),
    onBug: (error) => {
      throw error;
    },
  });
  t.after(() => server.close());
  const { port } = server;
  return {
    port,
    owner,
    epochs,
    counts,
    async send(requestLine, headers = [], body = "") {
      const length = body.length === 0 ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
      const all = ["Host: x", "Connection: close", ...headers, ...length];
      const head = `${requestLine} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n`;
      return settled(await sendRaw(port, head, ...(body.length === 0 ? [] : [body])));
    },
  };
}

function settled(answer: string): string {
  return answer
    .replaceAll("\r\n", "\n")
    .replace(/^Date: .*\n/m, "")
    .replace("Connection: close\n", "")
    .replace(/dur=\d+\.\d\d/, "dur=*")
    .replace(/^Idempotency-Key: ~[A-Za-z0-9_-]{22}$/m, "Idempotency-Key: ~*");
}
