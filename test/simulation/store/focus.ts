/**
 * What a run is about. Two of three runs draw from everything alike; the others
 * look at one place for longer: a fault that does harm only together with two
 * others is hardly ever met where twenty kinds of them fall on ten members.
 * The focus comes from the seed, or is asked for.
 *
 *   disks     files are damaged, flushes fail, power is lost, logs are cut, checkpoints are many
 *   logs      rows that one replica alone has, logs that are lost, checkpoints (stories_of_logs.ts)
 *   power     it is lost at the catalog, again and again, with much that is not flushed
 *   reads     hardly any: many look at one product at one front-end while it is being sold
 *   leases    catalog and front-ends: who serves from a cache, who leads, who hears whom
 *   deaf      front-ends that are not heard, or hear nobody, or stop and come back (stories.ts)
 *   followers of the catalog answer look-ups: behind, cut off, before and after they led
 *   lists     hardly any look-ups: lists of many turns, with the lead going from one to another
 *   leaders   some that were replaced and do not know it, each with a front-end (stories.ts)
 *   islands   front-ends cut off with full caches while the catalog begins anew
 *   sleepers  front-ends that get little time, and are cut off with full caches
 *   restarts  of the catalog, with sales under way and copies of them that come late (stories.ts)
 *   sales     order leaders and catalog: sessions, fences, requests that come late and twice
 *   copies    nearly each request comes once more, much later; there is little of what all want
 *   overtaken a request is lost, and others overtake it (stories_of_sales.ts)
 *   hangs     the catalog's disk hangs, with sales that wait for it (stories_of_sales.ts)
 *   alone     an order leader reaches the catalog and no other order replica (stories_of_sales.ts)
 *   blackouts all order replicas die, for longer than anybody waits, with copies under way
 *   outages   longer than anybody waits
 */
import type { Random } from "../random.ts";

export const FOCI = [
  "anything",
  "disks",
  "logs",
  "power",
  "reads",
  "leases",
  "deaf",
  "followers",
  "lists",
  "leaders",
  "islands",
  "sleepers",
  "restarts",
  "sales",
  "copies",
  "overtaken",
  "hangs",
  "alone",
  "blackouts",
  "outages",
] as const;
export type Focus = (typeof FOCI)[number];

export function drawFocus(random: Random): Focus {
  return random.chance(2 / 3) ? "anything" : random.pick(FOCI.slice(1));
}
