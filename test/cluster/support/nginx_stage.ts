/** A real nginx as the project configures it, between a shopper and front-ends of the test's. */
import {
  createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { startNginx } from "./nginx.ts";
import { type Answer, type Question, Shopper } from "./shopper.ts";

export interface Asked {
  /** Which of the two front-ends. */
  at: number;
  /** `PATCH /products/Tux` */
  what: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Behaviour = (response: ServerResponse, asked: Asked) => void;

export const hangUp: Behaviour = (response) => response.destroy();
export const answer: Behaviour = (response) => response.end('{"data":"well"}');

/** Two front-ends that do as they are told, and nginx before them. */
export class Stage {
  readonly asked: Asked[] = [];
  behaviour: Behaviour = answer;
  /** Of nginx. */
  readonly url: string;
  readonly #shopper: Shopper;

  constructor(t: TestContext, url: string) {
    this.url = url;
    this.#shopper = new Shopper(url);
    t.after(() => this.#shopper.close());
  }

  static async open(t: TestContext, changes: [string, string][] = []): Promise<Stage> {
    let stage: Stage | null = null;
    const addresses = await Promise.all([1, 2].map((at) =>
      listen(t, (request, response, body) => {
        const { method, url, headers } = request;
        const asked = { at, what: `${method} ${url}`, headers, body };
        stage!.asked.push(asked);
        stage!.behaviour(response, asked);
      })));
    // Whoever hangs up is asked again in the next step: it is not to count as gone.
    const url = await startNginx(t, addresses, [
      [`${addresses[0]} max_fails=3`, `${addresses[0]} max_fails=0`],
      [`${addresses[1]} max_fails=3`, `${addresses[1]} max_fails=0`],
      ...changes,
    ]);
    return (stage = new Stage(t, url));
  }

  /** What was answered, and what front-ends were asked for that. */
  async ask(path: string, question: Question = {}): Promise<Answer & { asked: Asked[] }> {
    this.asked.length = 0;
    const answered = await this.#shopper.ask(path, question);
    return { ...answered, asked: [...this.asked] };
  }
}

async function listen(
  t: TestContext,
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => handle(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
