/** Every way in which an edited CSV can be broken: file, line, reason (reliability: row 52). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readInitialProducts } from "../../../catalog/seed/seed_csv.ts";
import { stocks } from "../../../shared/stores/stocks.ts";
import { toys } from "../../../shared/stores/toys.ts";
import { UsageError } from "../../../shared/usage.ts";

const HEADER = "name,price,quantity";

function read(text: string | Uint8Array) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return readInitialProducts(bytes, "toys.csv", toys.columns);
}

function rows(...lines: string[]): string {
  return `${[HEADER, ...lines].join("\n")}\n`;
}

test("the toy store has 15 toys, 100 of each, Tux at 15.99", () => {
  const file = new URL("../../../catalog/data/toys.csv", import.meta.url);
  const products = read(readFileSync(file));
  assert.equal(products.length, 15);
  assert(products.every(({ quantity }) => quantity === 100));
  assert.deepEqual(products.find(({ name }) => name === "Tux"), {
    name: "Tux", price: 15.99, quantity: 100,
  });
});

test("the stock bazaar has 12 stocks, and a bound for each", () => {
  const file = new URL("../../../catalog/data/stocks.csv", import.meta.url);
  const products = readInitialProducts(readFileSync(file), "stocks.csv", stocks.columns);
  assert.equal(products.length, 12);
  assert.deepEqual(products[0], {
    name: "GameStart", price: 15.99, quantity: 100, traits: { max_volume: 100_000 },
  });
});

for (const [what, line, why] of [
  ["a bound with decimals", "Tux,1,1,1.5", /max_volume "1.5": an integer from 0/],
  ["no bound", "Tux,1,1", /it has 3 columns, not 4/],
  ["an empty bound", "Tux,1,1,", /max_volume "": an integer/],
] as const) {
  test(`refused in a store with bounds: ${what}`, () => {
    const bytes = new TextEncoder().encode(`name,price,quantity,max_volume\n${line}\n`);
    const read = () => readInitialProducts(bytes, "stocks.csv", stocks.columns);
    assert.throws(read, (error) => error instanceof UsageError && why.test(error.message));
  });
}

test("two products with one id are refused, and traits are read as they are", () => {
  const columns = ["id", "name", "topic", "price", "quantity"] as const;
  const read = (...lines: string[]) => {
    const bytes = new TextEncoder().encode([columns.join(), ...lines].join("\n"));
    return readInitialProducts(bytes, "books.csv", columns);
  };
  assert.deepEqual(read('7,A,"graphs, and trees",1,2'), [
    { name: "A", price: 1, quantity: 2, traits: { id: 7, topic: "graphs, and trees" } },
  ]);
  assert.throws(() => read("7,A,x,1,2", "7,B,x,1,2"), /line 3: line 2 has this id already/);
  assert.throws(() => read("07,A,x,1,2"), /id "07": an integer from 1/);
});

test("quoted cells, line breaks of either kind and a missing last one are fine", () => {
  const expected = [
    { name: 'A, "b"', price: 0, quantity: 0 },
    { name: "c", price: 1.5, quantity: 7 },
  ];
  assert.deepEqual(read(rows('"A, ""b""",0,0', "c,1.5,7")), expected);
  assert.deepEqual(read(`${HEADER}\r\n"A, ""b""",0,0\r\nc,1.5,7\r\n`), expected);
  assert.deepEqual(read(`${HEADER}\n"A, ""b""","0","0"\nc,1.5,7`), expected);
});

test("a name is kept in NFC", () => {
  assert.equal(read(rows("Cafe\u0301,1,1"))[0]!.name, "Caf\u00e9");
});

const BROKEN: [what: string, text: string | Uint8Array, message: RegExp][] = [
  ["an empty file", "", /^toys.csv, line 1: the file is empty$/],
  ["an empty line in it", rows("a,1,1", "", "b,1,1"), /line 3: it is empty/],
  ["an empty line at the end", `${rows("a,1,1")}\n`, /line 3: it is empty/],
  ["a byte order mark", `\ufeff${rows("a,1,1")}`, /line 1: .*byte order mark/],
  ["bytes that are not UTF-8", latin1(rows("a,1,1", "\u00e9,1,1")), /line 3: it must be UTF-8/],
  ["another header", "name,quantity,price\na,1,1\n", /line 1: it must be name,price,quantity/],
  ["no header", "a,1,1\n", /line 1: it must be name,price,quantity/],
  ["a header alone", `${HEADER}\n`, /line 2: there must be a product/],
  ["a column too few", rows("a,1,1", "b,1"), /line 3: it has 2 columns, not 3/],
  ["a column too many", rows("a,1,1,"), /line 2: it has 4 columns, not 3/],
  ["text after a closing quote", rows('"a"x,1,1'), /line 2: .*quoted as a whole/],
  ["a quote inside a bare cell", rows('a"b,1,1'), /line 2: .*quoted as a whole/],
  ["a quote that is not closed", rows("a,1,1", '"b,1,1', "c,1,1"), /line 3: .*quoted/],
  ["a name over two lines", rows('"a\nb",1,1'), /line 2: .*quoted/],
  ["a lone carriage return", rows("a\rb,1,1"), /line 2: .*carriage return/],
  ["a name twice", rows("a,1,1", "b,1,1", "a,2,2"), /line 4: line 2 has this name already/],
  ["a name twice after NFC", rows("\u00e9,1,1", "e\u0301,1,1"), /line 3: line 2 has this name/],
  ["an empty name", rows(",1,1"), /line 2: .*name/],
  ["a name that is a formula", rows("=a,1,1"), /line 2: .*begin/],
  ["a name with a control character", rows("a\u0007b,1,1"), /line 2: .*printable/],
  ["a name of 65 characters", rows(`${"x".repeat(65)},1,1`), /line 2: .*64/],
  ["a negative price", rows("a,-1,1"), /line 2: price "-1": a number from 0/],
  ["a price with 3 decimals", rows("a,1.999,1"), /line 2: price "1.999"/],
  ["a price that is no number", rows("a,1e3,1"), /line 2: price "1e3"/],
  ["no price", rows("a,,1"), /line 2: price ""/],
  ["a price with a space", rows("a, 1,1"), /line 2: price " 1"/],
  ["a negative quantity", rows("a,1,-1"), /line 2: quantity "-1": an integer from 0 to 1000000/],
  ["a fraction of a piece", rows("a,1,1.5"), /line 2: quantity "1.5"/],
  ["too many pieces", rows("a,1,1000001"), /line 2: quantity "1000001"/],
  ["no quantity", rows("a,1,"), /line 2: quantity ""/],
];

function latin1(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

for (const [what, text, message] of BROKEN) {
  test(`refused: ${what}`, () => {
    assert.throws(() => read(text), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  });
}
