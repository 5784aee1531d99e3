/**
 * The least that a node:http server can do. `answer` gives the same JSON to
 * every request: what the front-end's cache is measured against. `parse` reads
 * a body, parses it and answers with a number: what an order would be with
 * nothing promised. Its threads share one listening socket, as the store's do.
 *
 *   node --import tsx bare_server.ts PORT answer|parse THREADS BODY
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

type Listen = { host: string; port: number } | { fd: number };
interface Task {
  listen: Listen;
  mode: string;
  body: string;
}

if (isMainThread) await startThreads(process.argv.slice(2));
else serve(workerData as Task);

async function startThreads([port, mode = "", threads, body = ""]: string[]): Promise<void> {
  const fd = await startThread({ listen: { host: "127.0.0.1", port: Number(port) }, mode, body });
  for (let nth = 2; nth <= Number(threads); nth += 1) {
    await startThread({ listen: { fd }, mode, body });
  }
}

/** Resolves to the descriptor that it listens on. A thread that dies ends the process. */
function startThread(task: Task): Promise<number> {
  // In some versions of Node a thread does not inherit the loader.
  const loader = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const source = `const { register } = await import(${loader});
register();
await import(${JSON.stringify(import.meta.url)});`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const worker = new Worker(url, { workerData: task, execArgv: [] });
  return new Promise((resolve) => worker.once("message", resolve));
}

function serve({ listen, mode, body }: Task): void {
  const server = createServer(mode === "parse" ? parseAndAnswer() : answerAlways(body));
  server.listen(listen, () => parentPort?.postMessage(descriptorOf(server)));
}

function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}

function answerAlways(body: string): RequestListener {
  const headers = headersFor(body);
  return (_request, response) => {
    response.writeHead(200, headers);
    response.end(body);
  };
}

function parseAndAnswer(): RequestListener {
  let orders = 0;
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { name } = JSON.parse(Buffer.concat(chunks).toString()) as { name?: string };
      orders += name === undefined ? 0 : 1;
      const body = JSON.stringify({ data: { order_number: orders } });
      response.writeHead(201, headersFor(body));
      response.end(body);
    });
  };
}

function headersFor(body: string): string[] {
  const length = String(Buffer.byteLength(body));
  return ["Content-Type", "application/json", "Content-Length", length];
}
