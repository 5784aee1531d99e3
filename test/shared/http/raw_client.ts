/** A client that sends exactly these bytes, and reads whatever comes until the connection ends. */
import { connect } from "node:net";

export interface RawAnswer {
  status: number;
  /** By lower-case name. */
  headers: Map<string, string>;
  body: string;
}

/** Sends the parts one after the other; resolves with all that came when the server has hung up. */
export function sendRaw(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", (error) => (chunks.length === 0 ? reject(error) : undefined));
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    for (const part of parts) socket.write(part);
  });
}

/** The answers in what a connection gave; all of ours have a Content-Length. */
export function answersIn(text: string, options: { toHead?: boolean } = {}): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) throw new Error(`not an HTTP answer: ${rest.slice(0, 100)}`);
    const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
    const headers = new Map(lines.map((line) => splitHeader(line)));
    const length = options.toHead ? 0 : Number(headers.get("content-length") ?? 0);
    const status = Number(first.split(" ")[1]);
    const body = rest.slice(end + 4, end + 4 + length);
    rest = rest.slice(end + 4 + length);
    if (status !== 100) answers.push({ status, headers, body });
  }
  return answers;
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
