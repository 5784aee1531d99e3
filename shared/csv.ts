/**
 * Rows of RFC 4180. The logs are plain CSV so that a spreadsheet opens them;
 * this is the little they need: one row at a time, no line break inside a
 * field (names and keys cannot hold one). Reading is strict, because a row
 * that reads in two ways is a damaged one. Whole files with line breaks in
 * fields are the business of the catalog's CSV parser.
 */
import { AppError } from "./errors.ts";

const NEEDS_QUOTES = /[",\r\n]/;

/** The text as a CSV field: quoted where a reader would misread it bare, else as it is. */
export function quoteField(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * The fields of one row.
 * @param line without its line break
 * @throws bad_request when a quote stands where it may not, or is not closed
 */
export function splitRow(line: string): string[] {
  return line.includes('"') ? splitQuotedRow(line) : line.split(",");
}

function splitQuotedRow(line: string): string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let end: number;
    if (line[at] === '"') {
      end = closingQuote(line, at + 1) + 1;
      fields.push(line.slice(at + 1, end - 1).replaceAll('""', '"'));
    } else {
      end = line.indexOf(",", at);
      if (end === -1) end = line.length;
      const field = line.slice(at, end);
      if (field.includes('"')) throw malformed("a quote inside an unquoted field");
      fields.push(field);
    }
    if (end === line.length) return fields;
    if (line[end] !== ",") throw malformed("text after a closing quote");
    at = end + 1;
  }
}

function closingQuote(line: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = line.indexOf('"', at);
    if (at === -1) throw malformed("a quote that is not closed");
    if (line[at + 1] !== '"') return at;
  }
}

function malformed(what: string): AppError {
  return new AppError("bad_request", `Cannot read a CSV row: it has ${what}`);
}
