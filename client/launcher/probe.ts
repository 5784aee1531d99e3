/**
 * One question over HTTP to a member that may not be there yet: the launcher
 * asks many times, and nothing it can get back is an error to it.
 */
import { type IncomingHttpHeaders, request } from "node:http";

export interface ProbeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const PROBE_TIMEOUT_MS = 1_000;

/** Null when there was no whole answer in time, for whatever reason. */
export function probe(
  url: string,
  headers: Record<string, string> = {},
): Promise<ProbeAnswer | null> {
  return new Promise((resolve) => {
    const asking = request(url, { headers: { ...headers, connection: "close" }, agent: false });
    const timer = setTimeout(() => asking.destroy(), PROBE_TIMEOUT_MS);
    const settle = (answer: ProbeAnswer | null) => {
      clearTimeout(timer);
      resolve(answer);
    };
    asking.once("error", () => settle(null));
    asking.once("close", () => settle(null));
    asking.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.once("error", () => settle(null));
      response.once("end", () => {
        const { statusCode: status = 0, headers: answered } = response;
        settle({ status, headers: answered, body });
      });
    });
    asking.end();
  });
}
