/**
 * A client of a server, by its address: how many connections it has, and,
 * where its rate is limited, how many requests it may make at the moment (a
 * token bucket that holds one second's worth).
 */
import { isIPv6 } from "node:net";

export class Client {
  readonly address: string;
  connections = 0;
  /** Where its rate is limited: requests that it may still make, as of this monotonic moment. */
  #tokens = 0;
  #asOfMs = -Infinity;

  constructor(address: string) {
    this.address = address;
  }

  get isMetered(): boolean {
    return this.#asOfMs > -Infinity;
  }

  /** False: it has asked more than so often a second, with one second's worth at once. */
  mayAsk(perSecond: number, nowMs: number): boolean {
    const refill = ((nowMs - this.#asOfMs) / 1_000) * perSecond;
    this.#tokens = Math.min(perSecond, this.#tokens + refill);
    this.#asOfMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Its rate is what it was before it ever asked. */
  isForgotten(nowMs: number): boolean {
    return this.connections === 0 && nowMs - this.#asOfMs > 1_000;
  }
}

/** An IPv6 network of 64 bits is given to one site, with all its addresses. */
export function addressKey(address: string): string {
  const plain = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  while (tail !== undefined && groups.length + behind.length < 8) groups.push("0");
  return [...groups, ...behind].slice(0, 4).join(":");
}
