/**
 * Who is cut from whom, by roles: the partitions that are known to break
 * stores like this one. A way leads in one direction; what is not said to be
 * one-way is cut both ways.
 */
import type { Member } from "../../client/launcher/layout.ts";

export interface Way {
  from: Member;
  to: Member;
}

export interface Roles {
  members: readonly Member[];
  /** The order replica that leads, and the catalog that does. */
  leader: Member;
  catalog: Member;
  random: () => number;
}

export interface CutPlan {
  /** Whom it is about, for people. */
  whom: string;
  /** What is cut, in this order, and then healed, in that order; evenly over the time. */
  cuts: Way[][];
  heals: Way[][];
}

export const CUTS = [
  "the order leader from everybody",
  "the order leader from both followers",
  "an order follower from everybody",
  "all ways to the order leader",
  "all ways from the order leader",
  "the catalog from everybody",
  "a front-end from the catalog",
  "a front-end from the order leader",
  "the front-ends from all orders but one each",
  "links one by one",
] as const;
export type Cut = (typeof CUTS)[number];

/** Links that are cut one by one. */
const SWIZZLED = 5;
/** The chance that a link of its own is cut both ways; else one way or the other. */
const BOTH_WAYS = 0.6;

export function planCut(cut: Cut, roles: Roles): CutPlan {
  const { members, leader, catalog, random } = roles;
  const of = (kind: Member["kind"]) => members.filter((member) => member.kind === kind);
  const one = (some: Member[]) => some[Math.floor(random() * some.length)]!;
  const followers = of("order").filter((member) => member !== leader);
  switch (cut) {
    case "the order leader from everybody": return isolated(leader, members);
    case "the order leader from both followers": return isolated(leader, followers);
    case "an order follower from everybody": return isolated(one(followers), members);
    case "all ways to the order leader":
      return atOnce(leader.name, waysBetween(leader, members).map(turned));
    case "all ways from the order leader":
      return atOnce(leader.name, waysBetween(leader, members));
    case "the catalog from everybody": return isolated(catalog, members);
    case "a front-end from the catalog": return between(one(of("frontend")), catalog, random);
    case "a front-end from the order leader": return between(one(of("frontend")), leader, random);
    case "the front-ends from all orders but one each":
      return differentViews(of("frontend"), shuffled(of("order"), random));
    case "links one by one": return swizzle(members, random);
  }
}

function isolated(member: Member, others: readonly Member[]): CutPlan {
  const ways = waysBetween(member, others);
  return atOnce(member.name, [...ways, ...ways.map(turned)]);
}

function atOnce(whom: string, ways: Way[]): CutPlan {
  return { whom, cuts: [ways], heals: [ways] };
}

function between(one: Member, other: Member, random: () => number): CutPlan {
  const ways = someWays({ from: one, to: other }, random);
  return atOnce(textOf(ways), ways);
}

/** Each front-end reaches one order replica, and each another one. */
function differentViews(frontends: readonly Member[], orders: readonly Member[]): CutPlan {
  const kept = frontends.map((frontend, at) => ({ frontend, order: orders[at % orders.length]! }));
  const ways = kept.flatMap(({ frontend, order }) =>
    waysBetween(frontend, orders.filter((other) => other !== order)));
  const whom = kept.map(({ frontend, order }) => `${frontend.name} keeps ${order.name}`);
  return atOnce(whom.join(", "), [...ways, ...ways.map(turned)]);
}

function swizzle(members: readonly Member[], random: () => number): CutPlan {
  const pairs = members.flatMap((from, at) => members.slice(at + 1).map((to) => ({ from, to })))
    .filter(({ from, to }) => from.kind !== "frontend" || to.kind !== "frontend");
  const cuts = shuffled(pairs, random).slice(0, SWIZZLED).map((way) => someWays(way, random));
  return { whom: cuts.map(textOf).join(", "), cuts, heals: shuffled(cuts, random) };
}

function waysBetween(from: Member, others: readonly Member[]): Way[] {
  return others.filter((to) => to !== from).map((to) => ({ from, to }));
}

function turned({ from, to }: Way): Way {
  return { from: to, to: from };
}

function someWays(way: Way, random: () => number): Way[] {
  if (random() < BOTH_WAYS) return [way, turned(way)];
  return [random() < 0.5 ? way : turned(way)];
}

/** Of one way, or of both between the same two. */
function textOf([way, back]: Way[]): string {
  return `${way!.from.name} ${back === undefined ? "to" : "and"} ${way!.to.name}`;
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
