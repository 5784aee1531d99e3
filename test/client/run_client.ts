/** Runs the client in this process, with streams to read from and a fake store to buy from. */
import { Writable } from "node:stream";
import type { TestContext } from "node:test";
import { main } from "../../client/load/main.ts";
import type { JsonReport } from "../../client/load/report.ts";
import { startFakeStore, type FakeStoreOptions, type Lie } from "./fake_store.ts";

export interface Outcome {
  code: number;
  out: string;
  err: string;
  /** Of a run with --json that came to its end. */
  json: JsonReport;
}

class Sink extends Writable {
  text = "";
  isTTY = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export async function client(...args: string[]): Promise<Outcome> {
  return clientWith({}, ...args);
}

export async function clientWith(
  around: {
    tty?: boolean;
    environment?: Record<string, string>;
    onInterrupt?: (handler: () => void) => () => void;
  },
  ...args: string[]
): Promise<Outcome> {
  const stdout = new Sink();
  const stderr = new Sink();
  stdout.isTTY = stderr.isTTY = around.tty ?? false;
  const code = await main(args, {
    stdout,
    stderr,
    environment: around.environment ?? {},
    onInterrupt: around.onInterrupt ?? (() => () => {}),
  });
  return {
    code,
    out: stdout.text,
    err: stderr.text,
    get json() {
      return JSON.parse(stdout.text) as JsonReport;
    },
  };
}

/** Runs 20 iterations that all order, against a fake store of its own. */
export async function buy(t: TestContext, options: FakeStoreOptions, ...args: string[]) {
  const store = await startFakeStore(t, options);
  const { code, json } = await client(
    ...["1", "--iterations", "20", "--json", "--url", store.url],
    ...args,
  );
  return { store, code, json };
}

/** Breaks the n-th request that matches; all others go through. */
export function lieOnce(method: string, path: RegExp, n: number, lie: Lie): Lie {
  let seen = 0;
  return (request, response, store) => {
    if (request.method !== method || !path.test(request.path)) return false;
    seen += 1;
    return seen === n && lie(request, response, store);
  };
}
