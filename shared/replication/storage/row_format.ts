/**
 * A row as the text that lands on disk and travels between replicas:
 *
 *   17,3,<columns of the service>,9f86d081
 *   │  │                          └ checksum: CRC-32 of what stands before this
 *   │  │                            comma, going on from the checksum of row 16
 *   │  └ term
 *   └ index
 *
 * The chain makes a changed, moved, doubled or stale row show: its checksum
 * no longer follows from the row before. What it cannot show is whole rows
 * missing at the end; term.json notes a length for that (term_file.ts).
 */
import { crc32 } from "node:zlib";
import { AppError } from "../../errors.ts";
import { TERM_MAX } from "../../limits.ts";
import type { Position } from "../core/log_index.ts";
import type { Row } from "../core/messages.ts";

const CHECKSUM_LENGTH = 8;
const COMMA = 44;
const DIGIT_0 = 48;
const LETTER_A = 97;

export function formatRow(index: number, term: number, payload: string, before: number): Row {
  const body = `${index},${term},${payload}`;
  const checksum = crc32(body, before);
  return { index, term, checksum, text: `${body},${formatChecksum(checksum)}` };
}

export function formatChecksum(checksum: number): string {
  return checksum.toString(16).padStart(CHECKSUM_LENGTH, "0");
}

/** The columns of the service, between term and checksum. */
export function payloadOf(text: string): string {
  return text.slice(text.indexOf(",", text.indexOf(",") + 1) + 1, text.lastIndexOf(","));
}

/**
 * Reads one line that is to follow `before`. Digit by digit, as a start reads millions.
 * @throws bad_request when it is no row, or does not follow.
 */
export function parseRow(line: string, before: Position): Row {
  const end = line.length - CHECKSUM_LENGTH - 1;
  const afterIndex = endOfNumber(line, 0);
  const afterTerm = endOfNumber(line, afterIndex + 1);
  const index = numberBetween(line, 0, afterIndex);
  const term = numberBetween(line, afterIndex + 1, afterTerm);
  const isRow =
    index === before.index + 1 &&
    line.charCodeAt(afterIndex) === COMMA &&
    term >= before.term &&
    term <= TERM_MAX &&
    line.charCodeAt(afterTerm) === COMMA &&
    afterTerm < end &&
    line.charCodeAt(end) === COMMA;
  const checksum = isRow ? crc32(line.slice(0, end), before.checksum) : NaN;
  if (checksum !== readChecksum(line, end + 1)) {
    throw new AppError(
      "bad_request",
      `Row ${before.index + 1} does not follow from the row before it`,
    );
  }
  return { index, term, checksum, text: line };
}

/** Where the digits that begin there end. */
function endOfNumber(line: string, from: number): number {
  let at = from;
  while (isDigit(line.charCodeAt(at))) at++;
  return at;
}

/** Of digits; NaN when there are none. */
function numberBetween(line: string, from: number, to: number): number {
  if (from === to) return NaN;
  let number = 0;
  for (let at = from; at < to; at++) number = number * 10 + line.charCodeAt(at) - DIGIT_0;
  return number;
}

/** The eight hexadecimal digits that formatChecksum writes; NaN when they are others. */
function readChecksum(line: string, from: number): number {
  let checksum = 0;
  for (let at = from; at < from + CHECKSUM_LENGTH; at++) {
    const code = line.charCodeAt(at);
    if (isDigit(code)) checksum = checksum * 16 + code - DIGIT_0;
    else if (code >= LETTER_A && code <= LETTER_A + 5) {
      checksum = checksum * 16 + code - LETTER_A + 10;
    } else return NaN;
  }
  return checksum;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_0 + 9;
}

/**
 * Rows as they travel: each line with its line break.
 * @throws bad_request when they are not a chain that goes on from `prev`.
 */
export function parseRows(text: string, prev: Position): Row[] {
  const rows: Row[] = [];
  let before = prev;
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    if (end < 0) throw new AppError("bad_request", "Rows end with a line break");
    const row = parseRow(text.slice(start, end), before);
    rows.push(row);
    before = row;
    start = end + 1;
  }
  return rows;
}

export function joinRows(rows: readonly Row[]): string {
  let text = "";
  for (const row of rows) text += row.text + "\n";
  return text;
}
