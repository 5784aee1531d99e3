/**
 * 254 addresses for one run. Runs at the same moment have different process
 * numbers, and so different ranges: 10.p.p.0/24 with the lower 16 bits of the
 * number, or, on a machine that has its own use for that part of 10/8, one of
 * the ranges that RFC 2544 sets aside for measuring networks, 198.18/15.
 */

/** Shorter prefixes are ways to everywhere else, as a default route is. */
const PREFIX_MIN = 8;

interface Range {
  address: number;
  bits: number;
}

/**
 * The first three numbers of the range, `10.3.7`; null when the machine uses all of them.
 * @param routes as `ip -4 route` prints them
 */
export function chooseRange(pid: number, routes: string): string | null {
  const taken = routes.split("\n").flatMap((line) => rangeOf(line) ?? []);
  const [high, low] = [(pid >> 8) & 255, pid & 255];
  const candidates = [`10.${high}.${low}`, `198.${18 + (high & 1)}.${low}`];
  return candidates.find((candidate) => {
    const own = { address: numberOf(`${candidate}.0`), bits: 24 };
    return taken.every((range) => !overlap(own, range));
  }) ?? null;
}

/** `10.0.0.0/8 dev tun0`, or with a word before it. Null for a way to everywhere. */
function rangeOf(route: string): Range | null {
  const match = /^(?:[a-z]+ )?(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?/.exec(route);
  if (match === null || route.startsWith("default")) return null;
  const bits = Number(match[2] ?? 32);
  return bits < PREFIX_MIN ? null : { address: numberOf(match[1]!), bits };
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function overlap(one: Range, other: Range): boolean {
  const size = 2 ** (32 - Math.min(one.bits, other.bits));
  return Math.floor(one.address / size) === Math.floor(other.address / size);
}
