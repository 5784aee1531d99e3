/**
 * The products that a store begins with, from a CSV that people edit in
 * whatever they like. csv-simple-parser takes the cells apart; it lets pass
 * what no careful eye would (text after a closing quote, missing cells, a
 * byte order mark in the first name), so every line is checked before and
 * every cell after. The first fault ends the start, with file, line, reason.
 */
import parse from "csv-simple-parser";
import { AppError, hasReason } from "../../shared/errors.ts";
import { ID_MAX, QUANTITY_MAX, VOLUME_MAX } from "../../shared/limits.ts";
import { parseName } from "../../shared/messages/names.ts";
import { PRICE } from "../../shared/messages/parse.ts";
import type { Column } from "../../shared/stores/store.ts";
import { UsageError } from "../../shared/usage.ts";
import type { Traits } from "../../shared/messages/messages.ts";
import type { InitialProduct } from "../state/products.ts";

const BYTE_ORDER_MARK = "\ufeff";
const LINE_BREAK = /\r\n|\n/;
/** Without any of these each line is a row of unquoted cells, and there is nothing to check. */
const UNUSUAL = /["\r]|^\n|\n\n|\n$/;
/** Cells, quoted as a whole or not at all: a quote in one is doubled. */
const LINE = /^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/;
const QUANTITY = /^(?:0|[1-9][0-9]{0,6})$/;
const ID = /^[1-9][0-9]{0,8}$/;
const VOLUME = /^(?:0|[1-9][0-9]{0,8})$/;

/** How a cell of each column that not every store has is read. @throws bad_request */
const TRAITS: Record<keyof Traits, (text: string) => string | number> = {
  id: (text) => readWhole(text, ID, "id", `an integer from 1 to ${ID_MAX}`),
  topic: parseName,
  max_volume: (text) => readWhole(text, VOLUME, "max_volume", `an integer from 0 to ${VOLUME_MAX}`),
};

/**
 * @param file its name, for messages
 * @param columns what its first line must say
 * @throws UsageError
 */
export function readInitialProducts(
  bytes: Uint8Array,
  file: string,
  columns: readonly Column[],
): InitialProduct[] {
  const text = decode(bytes, file);
  checkLines(text, file);
  const [header, ...rows] = cells(text);
  if (header!.join() !== columns.join()) throw broken(file, 1, `it must be ${columns.join()}`);
  if (rows.length === 0) throw broken(file, 2, "there must be a product");
  const lineByName = new Map<string, number>();
  const lineById = new Map<number, number>();
  const traits = columns.filter((column): column is keyof Traits => column in TRAITS);
  return rows.map((row, at) => {
    const line = at + 2;
    try {
      const product = readProduct(row, columns);
      if (traits.length > 0) product.traits = readTraits(row, columns, traits);
      noteLine(lineByName, product.name, "name", line);
      if (product.traits?.id !== undefined) noteLine(lineById, product.traits.id, "id", line);
      return product;
    } catch (error) {
      if (hasReason(error, "bad_request")) throw broken(file, line, error.message);
      throw error;
    }
  });
}

/** @throws bad_request when another line has it */
function noteLine<T>(lines: Map<T, number>, value: T, what: string, line: number): void {
  const before = lines.get(value);
  if (before !== undefined) throw faulty(`line ${before} has this ${what} already`);
  lines.set(value, line);
}

function decode(bytes: Uint8Array, file: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw broken(file, firstBadLine(bytes), "it must be UTF-8");
  }
  if (text.startsWith(BYTE_ORDER_MARK)) {
    throw broken(file, 1, "it begins with a byte order mark: save it as UTF-8 without one");
  }
  if (text === "") throw broken(file, 1, "the file is empty");
  return text.replace(/\r?\n$/, "");
}

/** A line break is one byte in UTF-8, so that lines can be told apart before decoding. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const stop = end === -1 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(start, stop));
    } catch {
      return line;
    }
    start = stop + 1;
  }
  return line;
}

/** Each line is a row by itself: no cell can hold a line break. */
function checkLines(text: string, file: string): void {
  if (!UNUSUAL.test(text)) return;
  const lines = text.split(LINE_BREAK);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line === "") throw broken(file, at + 1, "it is empty");
    if (line.includes("\r")) throw broken(file, at + 1, "it has a carriage return inside");
    if (!LINE.test(line)) {
      throw broken(file, at + 1, "a cell with a quote in it must be quoted as a whole");
    }
  }
}

/** Rows of cells; a missing cell is undefined, whatever the parser's types say. */
function cells(text: string): (string | undefined)[][] {
  return parse(text, { optimistic: false }) as (string | undefined)[][];
}

/** @throws bad_request */
function readProduct(row: (string | undefined)[], columns: readonly Column[]): InitialProduct {
  // A row with too few cells is as long as the first, with nothing in its last places.
  const found = row.at(-1) === undefined ? row.findIndex((cell) => cell === undefined) : row.length;
  if (found !== columns.length) {
    throw faulty(`it has ${found} columns, not ${columns.length} (${columns.join()})`);
  }
  return {
    name: parseName(row[columns.indexOf("name")]),
    price: readPrice(row[columns.indexOf("price")]!),
    quantity: readQuantity(row[columns.indexOf("quantity")]!),
  };
}

/** @throws bad_request */
function readTraits(
  row: (string | undefined)[],
  columns: readonly Column[],
  traits: readonly (keyof Traits)[],
): Traits {
  const read = traits.map((trait) => [trait, TRAITS[trait](row[columns.indexOf(trait)]!)]);
  return Object.fromEntries(read);
}

function readWhole(text: string, form: RegExp, what: string, allowed: string): number {
  if (form.test(text)) return Number(text);
  throw faulty(`${what} ${JSON.stringify(text)}: ${allowed}`);
}

function readPrice(text: string): number {
  if (PRICE.test(text)) return Number(text);
  throw faulty(`price ${JSON.stringify(text)}: a number from 0 with at most 2 decimals`);
}

function readQuantity(text: string): number {
  if (QUANTITY.test(text) && Number(text) <= QUANTITY_MAX) return Number(text);
  throw faulty(`quantity ${JSON.stringify(text)}: an integer from 0 to ${QUANTITY_MAX}`);
}

function faulty(why: string): AppError {
  return new AppError("bad_request", why);
}

function broken(file: string, line: number, why: string): UsageError {
  return new UsageError(`${file}, line ${line}: ${why}`);
}
