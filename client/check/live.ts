/**
 * The running members as witnesses: who leads, what is committed, whether
 * their logs have one checksum at the highest row that all of them count as
 * committed, and what the front-ends show. With the store's folder at hand
 * each member is asked itself; with an address only, its front-end is.
 */
import { monotonicMs } from "../../shared/clock.ts";
import { UsageError } from "../../shared/usage.ts";
import type { Member } from "../launcher/layout.ts";
import { probe } from "../launcher/probe.ts";
import type { RunningStore } from "../launcher/running_store.ts";
import type { Shown } from "./shown.ts";
import type { Verdict } from "./verdict.ts";

/** Products looked up at each front-end. */
const SHOWN_MAX = 200;
const LOOKUPS_AT_ONCE = 8;
/** Looking may take this long, however many products there are. */
const LOOKING_MAX_MS = 5_000;

/** What is compared of one replica, however it was asked. */
export interface Witness {
  /** `order 3` */
  name: string;
  group: string;
  role: string;
  term: number;
  committed: number;
  /** Of the log at `at`; null when it has no such row. */
  checksum: string | null;
  at: number;
}

/** Each running replica's own word. */
export async function askReplicas(store: RunningStore, verdict: Verdict): Promise<Witness[]> {
  verdict.begin("status");
  const groups = await Promise.all(
    (["catalog", "order"] as const).map(async (kind) => {
      const members = store.members.filter((member) => member.kind === kind);
      const first = await healths(store, members, "/health");
      for (const member of members) {
        if (!first.has(member)) verdict.note("status", `${member.name} does not answer`);
      }
      const common = Math.min(...[...first.values()].map(({ commitIndex }) => commitIndex));
      const then = await healths(store, [...first.keys()], `/health?at=${common}`);
      return [...then].map(([member, health]): Witness => ({
        name: member.name,
        group: kind,
        role: health.role,
        term: health.term,
        committed: first.get(member)!.commitIndex,
        checksum: health.checksum,
        at: common,
      }));
    }),
  );
  return groups.flat();
}

interface Health {
  role: string;
  term: number;
  commitIndex: number;
  checksum: string | null;
}

async function healths(
  store: RunningStore,
  members: readonly Member[],
  path: string,
): Promise<Map<Member, Health>> {
  const found = new Map<Member, Health>();
  await Promise.all(members.map(async (member) => {
    const answer = await probe(`${member.internalUrl}${path}`, store.internalHeaders);
    if (answer?.status === 200) found.set(member, JSON.parse(answer.body) as Health);
  }));
  return new Map(members.flatMap((member) => {
    const health = found.get(member);
    return health === undefined ? [] : [[member, health]];
  }));
}

interface StatusMember {
  name: string;
  role: string | null;
  term: number;
  committed: number;
  hash: string | null;
  hash_at: number;
}

/** What a front-end says of all. @throws UsageError when no store answers there */
export async function askFrontend(url: string, verdict: Verdict): Promise<Witness[]> {
  verdict.begin("status");
  const answer = await probe(`${url}/status`);
  const members = answer?.status === 200 ? readMembers(answer.body) : null;
  if (members === null) {
    throw new UsageError(`--url ${url}: no store of this kind answers there`);
  }
  return members.flatMap(({ name, role, term, committed, hash, hash_at: at }) => {
    if (role === null) verdict.note("status", `${name} does not answer`);
    if (role === null || role === "frontend") return [];
    const group = name.split("-")[0]!;
    return { name: name.replace("-", " "), group, role, term, committed, checksum: hash, at };
  });
}

function readMembers(body: string): StatusMember[] | null {
  try {
    const { data } = JSON.parse(body) as { data: { members: StatusMember[] } };
    return Array.isArray(data.members) ? data.members : null;
  } catch {
    return null;
  }
}

/** Holds the replicas' words against each other. */
export function auditWitnesses(witnesses: readonly Witness[], verdict: Verdict): void {
  const shown: string[] = [];
  for (const group of new Set(witnesses.map((witness) => witness.group))) {
    const members = witnesses.filter((witness) => witness.group === group);
    const known = members.filter(({ checksum }) => checksum !== null);
    if (new Set(known.map(({ checksum }) => checksum)).size > 1) {
      const words = known.map(({ name, checksum }) => `${name} ${checksum}`).join(", ");
      verdict.fail("status", `committed rows up to ${known[0]!.at} differ: ${words}`);
    }
    const leaders = members.filter(({ role }) => role === "leader");
    for (const one of leaders) {
      const rival = leaders.find((other) => other !== one && other.term === one.term);
      if (rival === undefined || rival.name < one.name) continue;
      verdict.fail("status", `${one.name} and ${rival.name} both lead term ${one.term}`);
    }
    if (leaders.length === 0) verdict.note("status", `no ${group} leads at the moment`);
    for (const { name, term } of leaders) shown.push(`${name} leads term ${term}`);
    const [first] = known;
    if (first !== undefined) shown.push(`row ${first.at} is ${first.checksum} on ${known.length}`);
  }
  verdict.show("status", shown.join(", "));
}

/** What each of these front-ends shows of each product. */
export async function lookUp(frontends: ReadonlyMap<string, string>): Promise<Shown[]> {
  const deadline = monotonicMs() + LOOKING_MAX_MS;
  const shown: Shown[] = [];
  for (const [by, url] of frontends) {
    const names = await listNames(url);
    const next = names.values();
    const look = async () => {
      for (const name of next) {
        if (monotonicMs() > deadline) return;
        const one = await lookUpOne(url, name, by);
        if (one !== null) shown.push(one);
      }
    };
    await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, look));
  }
  return shown;
}

async function listNames(url: string): Promise<string[]> {
  const names: string[] = [];
  for (let after = ""; names.length < SHOWN_MAX; ) {
    const answer = await probe(`${url}/products?limit=100${after}`);
    if (answer?.status !== 200) break;
    const { data } = JSON.parse(answer.body) as { data: { name: string }[] };
    names.push(...data.map(({ name }) => name));
    if (data.length < 100) break;
    after = `&after=${encodeURIComponent(names.at(-1)!)}`;
  }
  return names.slice(0, SHOWN_MAX);
}

async function lookUpOne(url: string, name: string, by: string): Promise<Shown | null> {
  const answer = await probe(`${url}/products/${encodeURIComponent(name)}`);
  const version = /-(\d+)"$/.exec(answer?.headers.etag ?? "")?.[1];
  if (answer?.status !== 200 || version === undefined) return null;
  const { data } = JSON.parse(answer.body) as { data: { quantity: number } };
  return { name, quantity: data.quantity, version: Number(version), by };
}
