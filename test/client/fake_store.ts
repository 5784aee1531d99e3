/**
 * A store in a few lines that keeps the public contract, and breaks it where
 * a test says so: the client has to notice.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface FakeOrder {
  number: number;
  name: string;
  quantity: number;
}
export interface FakeRequest {
  method: string;
  path: string;
  key: string | null;
}
/** Takes the request over: true when it has answered, or broken the connection, itself. */
export type Lie = (
  request: FakeRequest,
  response: http.ServerResponse,
  store: FakeStore,
) => boolean;

export interface FakeStore {
  url: string;
  stock: Map<string, number>;
  orders: FakeOrder[];
  /** Numbers by idempotency key. */
  keys: Map<string, number>;
  requests: FakeRequest[];
  /** Answered ones; every second is a hit. */
  lookups: number;
  /** Connections that were opened to it. */
  connections: number;
  /** Stops at once, requests in flight and all. */
  kill(): Promise<void>;
}

export interface FakeStoreOptions {
  stock?: Record<string, number>;
  lie?: Lie;
  /** Two fakes that are front-ends of one store. */
  shares?: FakeStore;
}

export async function startFakeStore(
  t: TestContext,
  options: FakeStoreOptions = {},
): Promise<FakeStore> {
  const server = http.createServer();
  const store: FakeStore = {
    url: "",
    stock: options.shares?.stock ?? new Map(Object.entries(options.stock ?? { Tux: 1_000_000 })),
    orders: options.shares?.orders ?? [],
    keys: options.shares?.keys ?? new Map(),
    requests: [],
    lookups: 0,
    connections: 0,
    async kill() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on("connection", () => (store.connections += 1));
  server.on("request", (request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const seen = asRequest(request);
      store.requests.push(seen);
      if (options.lie?.(seen, response, store)) return;
      answer(store, seen, body, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  store.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => store.kill());
  return store;
}

function asRequest({ method, url, headers }: http.IncomingMessage): FakeRequest {
  const key = headers["idempotency-key"];
  return { method: method ?? "", path: url ?? "", key: typeof key === "string" ? key : null };
}

function answer(
  store: FakeStore,
  request: FakeRequest,
  body: string,
  response: http.ServerResponse,
): void {
  const path = new URL(request.path, "http://store").pathname.split("/").map(decodeURIComponent);
  const [, collection, id] = path;
  if (collection === "products" && id === undefined) return list(store, response);
  if (collection === "products") return lookup(store, id ?? "", response);
  if (request.method === "POST") return order(store, request.key ?? "", JSON.parse(body), response);
  const found = store.orders.find(({ number }) => String(number) === id);
  if (found) send(response, 200, { data: found });
  else send(response, 404, { error: { code: 404, message: "no such order" } });
}

function list(store: FakeStore, response: http.ServerResponse): void {
  const data = [...store.stock].map(([name, quantity]) => ({ name, price: 1, quantity }));
  send(response, 200, { data });
}

function lookup(store: FakeStore, name: string, response: http.ServerResponse): void {
  const quantity = store.stock.get(name);
  if (quantity === undefined) {
    send(response, 404, { error: { code: 404, message: "no such product" } });
    return;
  }
  store.lookups += 1;
  const hit = store.lookups % 2 === 0;
  response.setHeader("Cache-Status", hit ? "frontend-1; hit" : "frontend-1; fwd=miss; stored");
  send(response, 200, { data: { name, price: 1, quantity } });
}

function order(
  store: FakeStore,
  key: string,
  { name, quantity }: { name: string; quantity: number },
  response: http.ServerResponse,
): void {
  const bound = store.keys.get(key);
  const left = store.stock.get(name) ?? 0;
  if (bound === undefined && left < quantity) {
    send(response, 409, { error: { code: 409, message: "sold out" } });
    return;
  }
  const number = bound ?? store.orders.length + 1;
  if (bound === undefined) {
    store.stock.set(name, left - quantity);
    store.orders.push({ number, name, quantity });
    store.keys.set(key, number);
  }
  send(response, 200, { data: { order_number: number } });
}

export function send(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Breaks the connection off without an answer. */
export function reset(response: http.ServerResponse): true {
  response.socket?.resetAndDestroy();
  return true;
}
