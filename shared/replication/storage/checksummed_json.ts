/**
 * The one line of JSON that a small file holds, with a checksum of itself at its end: a flipped
 * bit in a digit is JSON as good as before, and another promise or another price.
 *
 *   {"term":5,"vote":2,…,"crc32":"5f3a90c2"}⏎
 *   └──── of this, and a } ───┘
 */
import { crc32 } from "node:zlib";
import { formatChecksum } from "./row_format.ts";

const SEAL = ',"crc32":"';
const SEAL_LENGTH = `${SEAL}5f3a90c2"}\n`.length;

/** @param fields at least one */
export function sealJson(fields: object): string {
  const text = JSON.stringify(fields);
  return `${text.slice(0, -1)}${sealOf(text)}`;
}

/**
 * The fields without the seal. A file from before there was one has none.
 * @throws Error when it is not what was written
 */
export function unsealJson(text: string): unknown {
  const end = text.length - SEAL_LENGTH;
  if (!text.startsWith(SEAL, end)) return JSON.parse(text);
  const sealed = `${text.slice(0, end)}}`;
  if (text.slice(end) !== sealOf(sealed)) throw new Error("its checksum is that of another text");
  return JSON.parse(sealed);
}

function sealOf(text: string): string {
  return `${SEAL}${formatChecksum(crc32(text))}"}\n`;
}
