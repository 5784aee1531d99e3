/** Bodies: right ones, ones that are nearly right, and everything else that may be sent as one. */
import type { Random } from "../simulation/random.ts";

type Fields = Record<string, unknown>;

/** Written as they stand: JSON.stringify could not say all of them. */
const RAW_VALUES = [
  "null", "true", "[]", "{}", '""', "0", "-0", "-1", "1.5", "1e3", "1e999", "-1e999", "1e-7",
  "9007199254740991", "9007199254740992", "99999999999999999999999999", "2147483648", "1000001",
  '"1"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"a\\nb"', '"a,b\\"c"', '"__proto__"',
  '"constructor"', '"Tux "', '"tux"', '"e\\u0301"', '"\\u202e"', '"=1+1"', "[1,2]", "[[[]]]",
  '{"__proto__":{"a":1}}', "NaN", "Infinity", "undefined", "'a'", "01", "1.", ".5", "+1", "0x10",
];
const BROKEN = [
  "", " ", "{", "}", "[", '{"a":', '{"a":1,}', "{} {}", "{}{}", "nul", '"', "\ufeff{}", "[1,]",
  "/* */{}", "{a:1}", "\0", '{"a":1}\0', "<a/>", "quantity=1&name=Tux",
];
const BYTES = [
  Buffer.from([0x22, 0xff, 0x22]), Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
  Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]),
  Buffer.from([0xf0, 0x9f, 0x98]), Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
];
const DEPTH_MAX = 30_000;

/** Of these fields, more often right than not. */
export function drawBody(random: Random, fields: Fields): Buffer {
  const drawn = random.below(100);
  if (drawn < 45) return Buffer.from(JSON.stringify(fields));
  if (drawn < 85) return Buffer.from(writeBent(random, fields));
  if (drawn < 92) return Buffer.from(random.pick(BROKEN));
  if (drawn < 95) return random.pick(BYTES);
  if (drawn < 97) return Buffer.from(random.pick(RAW_VALUES));
  return Buffer.from(writeHuge(random));
}

/** One or two of the fields are something else, missing, doubled or unknown. */
function writeBent(random: Random, fields: Fields): string {
  let entries = Object.entries(fields).map(([name, value]) =>
    [name, JSON.stringify(value) ?? "null"] as [string, string]);
  for (let times = 1 + random.below(2); times > 0 && entries.length > 0; times--) {
    const at = random.below(entries.length + 1);
    const [name, value] = entries[at] ?? ["extra", "1"];
    switch (random.below(5)) {
      case 0: entries = entries.toSpliced(at, 1); break;
      case 1: entries.push([name, random.chance(0.5) ? value : random.pick(RAW_VALUES)]); break;
      case 2: entries.push([random.pick(["__proto__", "", "toJSON", "a", "Name"]), value]); break;
      default: entries = entries.with(Math.min(at, entries.length - 1),
        [name, random.pick(RAW_VALUES)]);
    }
  }
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

function writeHuge(random: Random): string {
  const size = random.below(DEPTH_MAX);
  switch (random.below(5)) {
    case 0: return "[".repeat(size) + "]".repeat(size);
    case 1: return '{"a":'.repeat(size / 3) + "1" + "}".repeat(size / 3);
    case 2: return `{"name":"${"a".repeat(size * 3)}","quantity":1}`;
    case 3: return `{"quantity":${"9".repeat(size)},"name":"Tux"}`;
    default: return `[${"1,".repeat(size)}1]`;
  }
}
