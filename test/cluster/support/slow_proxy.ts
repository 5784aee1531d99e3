/** Stands before a member and passes requests on; some of them it keeps for a while first. */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

export interface SlowProxyOptions {
  /** Of the member. */
  url: string;
  /** The beginning of the paths that are slow. */
  path: string;
  delayMs: number;
}

/** @returns its URL */
export async function startSlowProxy(t: TestContext, options: SlowProxyOptions): Promise<string> {
  const server = createServer((asked, answer) => void passOn(asked, answer, options));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function passOn(
  asked: IncomingMessage,
  answer: ServerResponse,
  { url, path, delayMs }: SlowProxyOptions,
): Promise<void> {
  if (asked.url!.startsWith(path)) await pause(delayMs);
  const { method, headers } = asked;
  const asking = request(`${url}${asked.url}`, { method, headers }, (answered) => {
    answer.writeHead(answered.statusCode!, answered.headers);
    answered.pipe(answer);
  });
  // As if the member itself had hung up.
  asking.once("error", () => answer.destroy());
  asked.pipe(asking);
}
