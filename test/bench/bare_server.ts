/**
 * The least a node:http server can do: the same JSON for every request. What
 * the front-end's cache is measured against. `node bare_server.ts PORT BODY`.
 */
import { createServer } from "node:http";

const [port, body = ""] = process.argv.slice(2);
const headers = [
  "Content-Type",
  "application/json",
  "Content-Length",
  String(Buffer.byteLength(body)),
];

createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
}).listen(Number(port), "127.0.0.1");
