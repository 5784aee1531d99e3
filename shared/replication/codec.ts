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
import { AppError } from "../errors.ts";
import type { Position } from "./log_index.ts";
import type { Row } from "./messages.ts";

export function formatRow(index: number, term: number, payload: string, before: number): Row {
  const body = `${index},${term},${payload}`;
  const checksum = crc32(body, before);
  return { index, term, checksum, text: `${body},${formatChecksum(checksum)}` };
}

export function formatChecksum(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}

/** The columns of the service, between term and checksum. */
export function payloadOf(text: string): string {
  return text.slice(text.indexOf(",", text.indexOf(",") + 1) + 1, text.lastIndexOf(","));
}

/**
 * Reads one line that is to follow `before`.
 * @throws bad_request when it is no row, or does not follow.
 */
export function parseRow(line: string, before: Position): Row {
  const end = line.length - 9;
  const body = line.slice(0, end);
  const afterIndex = line.indexOf(",");
  const afterTerm = line.indexOf(",", afterIndex + 1);
  const index = Number(line.slice(0, afterIndex));
  const term = Number(line.slice(afterIndex + 1, afterTerm));
  const checksum = crc32(body, before.checksum);
  const isRow =
    line[end] === "," &&
    afterTerm > 0 &&
    line.slice(end + 1) === formatChecksum(checksum) &&
    Number.isSafeInteger(term) &&
    term >= before.term &&
    index === before.index + 1;
  if (!isRow) {
    throw new AppError(
      "bad_request",
      `Row ${before.index + 1} does not follow from the row before it`,
    );
  }
  return { index, term, checksum, text: line };
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
