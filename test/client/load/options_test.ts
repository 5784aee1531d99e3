/** The command line: what is right is read, each wrong use is a line that says what is right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "../../../client/load/options.ts";
import { UsageError } from "../../../shared/usage.ts";

function read(...args: string[]) {
  const options = readOptions(args);
  assert(options !== "help");
  return options;
}

test("p alone is enough", () => {
  const { seed, ...options } = read("0.4");
  assert(Number.isInteger(seed));
  assert.deepEqual(options, {
    probability: 0.4,
    iterations: 100,
    clients: 1,
    rate: null,
    urls: ["http://127.0.0.1:8080"],
    goals: [],
    json: false,
  });
});

test("p is any decimal from 0 to 1", () => {
  for (const [text, value] of [
    ["0", 0],
    ["1", 1],
    ["1.0", 1],
    [".5", 0.5],
    ["0.25", 0.25],
  ] as const) {
    assert.equal(read(text).probability, value);
  }
});

test("every option is read, before p or after it", () => {
  const options = read(
    "--iterations",
    "7",
    "--clients=5",
    "0.1",
    "--rate",
    "12.5",
    "--seed",
    "0",
    "--json",
    "--url",
    "http://a:1,http://b:2",
    "--url=http://c:3/",
    "--slo",
    "order.p99<20ms, errors<1",
    "--slo",
    "gap<1s",
  );
  assert.equal(options.iterations, 7);
  assert.equal(options.clients, 5);
  assert.equal(options.rate, 12.5);
  assert.equal(options.seed, 0);
  assert.equal(options.json, true);
  assert.deepEqual(options.urls, ["http://a:1", "http://b:2", "http://c:3"]);
  assert.deepEqual(
    options.goals.map((goal) => goal.text),
    ["order.p99<20ms", "errors<1", "gap<1s"],
  );
});

test("--help wins over everything else", () => {
  assert.equal(readOptions(["--help"]), "help");
  assert.equal(readOptions(["-h", "2"]), "help");
});

const WRONG: [name: string, args: string[], message: RegExp][] = [
  ["p missing", [], /p is missing/],
  ["p not a number", ["many"], /p is a number from 0 to 1, and not 'many'/],
  ["p empty", [""], /and not ''/],
  ["p above 1", ["1.01"], /from 0 to 1, and not '1.01'/],
  ["p below 0", ["-0.5"], /from 0 to 1, and not '-0.5'/],
  ["p in hexadecimal", ["0x1"], /and not '0x1'/],
  ["p not finite", ["Infinity"], /and not 'Infinity'/],
  ["p with a decimal comma", ["0,4"], /and not '0,4'/],
  ["two p", ["0.4", "0.5"], /one p is enough, and not '0.4 0.5'/],
  ["unknown flag", ["0.4", "--fast"], /--fast is not an option/],
  ["unknown short flag", ["0.4", "-x"], /-x is not an option/],
  ["a flag of every object", ["0.4", "--__proto__", "1"], /is not an option/],
  ["value missing", ["0.4", "--rate"], /--rate needs a value/],
  ["value empty", ["0.4", "--seed="], /--seed needs a value/],
  ["value too many", ["0.4", "--json=yes"], /--json takes no value/],
  ["iterations 0", ["0.4", "--iterations", "0"], /--iterations is a whole number from 1/],
  ["iterations fractional", ["0.4", "--iterations", "1.5"], /and not '1.5'/],
  ["iterations 1e3", ["0.4", "--iterations", "1e3"], /and not '1e3'/],
  ["iterations swallowing a flag", ["0.4", "--iterations", "--json"], /and not '--json'/],
  ["clients 0", ["0.4", "--clients", "0"], /--clients/],
  ["clients too many", ["0.4", "--clients", "1001"], /from 1 to 1000/],
  ["rate 0", ["0.4", "--rate", "0"], /--rate is requests a second/],
  ["rate not a number", ["0.4", "--rate", "fast"], /and not 'fast'/],
  ["seed too large", ["0.4", "--seed", "4294967296"], /--seed/],
  ["url without scheme", ["0.4", "--url", "localhost:8080"], /--url is the address/],
  ["url of https", ["0.4", "--url", "https://a"], /and not 'https:\/\/a'/],
  ["url with a path", ["0.4", "--url", "http://a/products"], /--url/],
  ["url list with a hole", ["0.4", "--url", "http://a,"], /and not ''/],
  ["goal without measure", ["0.4", "--slo", "order<20"], /--slo is written/],
  ["goal of an unknown type", ["0.4", "--slo", "buy.p99<20ms"], /not 'buy.p99<20ms'/],
  ["goal with an unknown unit", ["0.4", "--slo", "order.p99<20min"], /--slo/],
  ["goal without number", ["0.4", "--slo", "order.p99<"], /--slo/],
  ["goal that counts in ms", ["0.4", "--slo", "errors<1ms"], /--slo/],
  ["percentile of nothing", ["0.4", "--slo", "p99<1ms"], /--slo/],
  ["percentile 100", ["0.4", "--slo", "order.p100<1ms"], /--slo/],
  ["gap of one type", ["0.4", "--slo", "order.gap<1ms"], /--slo/],
];

for (const [name, args, message] of WRONG) {
  test(`wrong use: ${name}`, () => {
    assert.throws(
      () => readOptions(args),
      (error) => {
        assert(error instanceof UsageError);
        assert.match(error.message, message);
        assert(!error.message.includes("\n"), "one line");
        return true;
      },
    );
  });
}
