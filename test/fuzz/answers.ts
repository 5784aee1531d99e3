/** The judge of one input's answers: HTTP to the letter, and JSON of the store's shape. */
import type { Door, Input } from "./input.ts";
import type { Played } from "./play.ts";

export interface Answer {
  status: number;
  headers: [string, string][];
  body: string;
  /** Its length tells of a body that did not come: it answers HEAD. */
  isBare: boolean;
}

export interface Split {
  answers: Answer[];
  /** What came after the last whole answer. */
  rest: string;
  /** Why that is none, and never will be. */
  fault: string | null;
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d) [\x20-\x7e]*$/;
const HEADER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\x20-\x7e\x80-\xff]*)$/;
/** Of a server's own faults the public is told of these alone. */
const PUBLIC_FAULTS = [501, 503];
const WITHOUT_BODY = [204, 304];

export function splitAnswers(text: string, hasHead: boolean): Split {
  const answers: Answer[] = [];
  let rest = text;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) break;
    const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
    const status = Number(STATUS_LINE.exec(first)?.[1] ?? 0);
    if (status === 0) return { answers, rest, fault: `no status line: ${first.slice(0, 80)}` };
    const headers: [string, string][] = [];
    for (const line of lines) {
      const [, name, value] = HEADER.exec(line) ?? [];
      if (name === undefined) return { answers, rest, fault: `no header: ${line.slice(0, 80)}` };
      headers.push([name.toLowerCase(), value!]);
    }
    const after = rest.slice(end + 4);
    if (status < 200) {
      rest = after;
      continue;
    }
    const lengths = headers.filter(([name]) => name === "content-length");
    if (lengths.length > 1) return { answers, rest, fault: "two lengths" };
    const length = WITHOUT_BODY.includes(status) ? 0 : Number(lengths[0]?.[1] ?? NaN);
    if (Number.isNaN(length)) return { answers, rest, fault: `${status} without a length` };
    const isBare = hasHead && length > 0 && (after === "" || after.startsWith("HTTP/1."));
    if (!isBare && after.length < length) break;
    const body = isBare ? "" : after.slice(0, length);
    answers.push({ status, headers, body, isBare });
    rest = after.slice(body.length);
  }
  return { answers, rest, fault: null };
}

/** What is wrong with it; null when nothing is. */
export function judgeAnswers(input: Pick<Input, "due" | "statuses" | "hasHead" | "leaves">,
  door: Door, played: Played): string | null {
  if (played.isRefused) return "the connection was refused";
  const { answers, rest, fault } = splitAnswers(played.text, input.hasHead);
  if (fault !== null) return fault;
  if (rest !== "" && !input.leaves) return `an answer is cut: ${rest.slice(0, 80)}`;
  for (const answer of answers) {
    const found = judgeAnswer(answer, door);
    if (found !== null) return `${answer.status}: ${found}`;
  }
  for (const [nth, wanted] of input.statuses.entries()) {
    const status = answers[nth]?.status;
    if (status === undefined || status === 503 || status === wanted) continue;
    return `answer ${nth + 1} is ${status} and not ${wanted}`;
  }
  const { length } = answers;
  if (length >= input.due) return null;
  const how = played.isClosed ? "hung up" : "silent";
  return `${length} of ${input.due} answers in ${Math.round(played.ms)} ms (${how})`;
}

function judgeAnswer({ status, headers, body, isBare }: Answer, door: Door): string | null {
  if (status >= 500 && !isAllowedFault(status, door)) return `a fault of the store: ${body}`;
  if (door === "internal" && status < 400) return "let in without the secret";
  if (isBare || WITHOUT_BODY.includes(status)) return null;
  const type = headers.find(([name]) => name === "content-type")?.[1];
  if (type !== "application/json") return `its type is ${type}`;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body, "latin1").toString("utf8"));
  } catch {
    return `its body is not JSON: ${body.slice(0, 80)}`;
  }
  if (typeof value !== "object" || value === null) return `its body is ${body.slice(0, 80)}`;
  return status < 400 ? judgeGood(value, door) : judgeError(value, status, door);
}

function isAllowedFault(status: number, door: Door): boolean {
  return PUBLIC_FAULTS.includes(status) && !(door === "internal" && status === 503);
}

function judgeGood(value: object, door: Door): string | null {
  if (door !== "public" || Object.hasOwn(value, "data") || "openapi" in value) return null;
  return `neither data nor a document: ${Object.keys(value).join(", ")}`;
}

function judgeError(value: object, status: number, door: Door): string | null {
  const { error, ...others } = value as { error?: Record<string, unknown> };
  if (typeof error !== "object" || error === null) return "no error in its body";
  const wanted = door === "public" ? "code,message" : "code,message,reason,details";
  const fields = Object.keys(error).join(",");
  if (Object.keys(others).length > 0 || fields !== wanted) return `an error of ${fields}`;
  return error.code === status && typeof error.message === "string" && error.message !== ""
    ? null : `the error says ${String(error.code)}`;
}
