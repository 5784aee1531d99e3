/**
 * Keys for purchases that come without one. A key made here begins with `~`,
 * which no client's own may, and is random: nobody can guess another's. It is
 * in every answer, so a client that got none or an unknown outcome repeats
 * with it; that is why this one form is taken from clients too.
 */
import { randomFillSync } from "node:crypto";
import { parseKey } from "../../shared/messages/names.ts";

const KEY_BYTES = 16;
const MADE_HERE = /^~[A-Za-z0-9_-]{22}$/;

/** Asking the kernel for each key would cost more than all the rest of it. */
const pool = Buffer.alloc(KEY_BYTES * 256);
let used = pool.length;

export function makeKey(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += KEY_BYTES;
  return `~${pool.toString("base64url", used - KEY_BYTES, used)}`;
}

/**
 * The value of an Idempotency-Key header.
 * @throws bad_request
 */
export function parseBuyersKey(value: string): string {
  return MADE_HERE.test(value) ? value : parseKey(value);
}
