/**
 * Failpoints on a real store: a member is started anew to die (or sleep, or err) at one step of
 * its work, buyers buy while it does, and afterwards everything is looked at. Arming comes before
 * any buying, in a store at rest, so that it is certain which row or answer a count stands for.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { LaunchError } from "../../../client/launcher/launch_error.ts";
import type { MemberName } from "../../../client/launcher/layout.ts";
import type { MemberKind } from "../../../shared/member/config.ts";
import type { ReplicaHealth } from "../../../shared/messages/messages.ts";
import { Crowd } from "./crowd.ts";
import { startStore, type StoreOptions, type TestStore } from "./harness.ts";
import { until } from "../../support/until.ts";

/** When a member acts (`step:action:count`), and what is the case by then. */
export type Row = readonly [failpoint: string, meaning: string];

export interface Scene {
  store: TestStore;
  crowd: Crowd;
}

type Act = (scene: Scene, failpoint: string) => Promise<void>;

const LAST_LINES = 50;
const END_MAX_MS = 10_000;
const TRIES_MAX = 3;

/** Started anew, to follow at first; it may be dead before it answers. */
export async function startArmed(
  store: TestStore,
  member: MemberName,
  failpoint: string,
): Promise<void> {
  const { running } = store;
  await giveWay(store, member);
  await running.kill(member);
  try {
    await running.start([member], { FAILPOINT: failpoint });
  } catch (error) {
    if (!(error instanceof LaunchError) || !hasActed(store, member, failpoint)) throw error;
  }
}

/**
 * Started anew and at rest, leading if it is to, and not there yet. A busy machine may elect
 * somebody meanwhile, and count that: then it begins again.
 */
export async function arm(
  store: TestStore,
  member: MemberName,
  failpoint: string,
  { leads = false } = {},
): Promise<void> {
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    await startArmed(store, member, failpoint);
    await untilAtRest(store);
    const isFit = !leads || (await nominate(store, member).catch(() => false));
    await untilAtRest(store);
    if (isFit && !hasActed(store, member, failpoint)) return;
  }
  assert.fail(`${member.kind} ${member.id} was never at rest before ${failpoint}`);
}

/** Another leads before it is killed: else it would miss rows, and count them when it is back. */
async function giveWay(store: TestStore, member: MemberName): Promise<void> {
  const { kind, id } = member;
  const running = store.running.running();
  const other = running.find((one) => one.kind === kind && one.id !== id);
  const runs = running.some((one) => one.kind === kind && one.id === id);
  if (kind === "frontend" || other === undefined || !runs) return;
  if ((await leaderOf(store, kind)).id !== id) return;
  await until("another leader", () => nominate(store, other));
  await untilAtRest(store);
}

/** The member has logged since its latest start that it acts at this step. */
function hasActed({ running }: TestStore, member: MemberName, failpoint: string): boolean {
  const [step, action] = failpoint.split(":");
  const said = `"step":"${step}","action":"${action!.split("=")[0]}"`;
  return running.process(member).lastLines(LAST_LINES).some((line) => line.includes(said));
}

export async function untilItActs(
  store: TestStore,
  member: MemberName,
  failpoint: string,
): Promise<void> {
  const what = `${member.kind} ${member.id} at ${failpoint}`;
  await until(what, () => hasActed(store, member, failpoint), END_MAX_MS);
}

/** It ended by its failpoint, and by nothing else. */
export async function checkDiesAt(
  store: TestStore,
  member: MemberName,
  failpoint: string,
): Promise<void> {
  const { running } = store;
  const what = `the end of ${member.kind} ${member.id} at ${failpoint}`;
  const ended = await until(what, () => running.process(member).ended, END_MAX_MS);
  assert.equal(ended, failpoint.includes(":error") ? "exit code 1" : "SIGKILL");
  assert(hasActed(store, member, failpoint), `${failpoint} has acted`);
}

/** True: this replica leads in place of the one that does, as after a planned hand-over. */
async function nominate(store: TestStore, member: MemberName): Promise<boolean> {
  const { running } = store;
  const { term } = await store.health(member);
  const answer = await fetch(`${running.member(member).internalUrl}/lead`, {
    method: "POST",
    headers: { ...running.internalHeaders, "content-type": "application/json" },
    body: JSON.stringify({ handover: term }),
  });
  await answer.arrayBuffer();
  return answer.ok;
}

/**
 * A store at rest: of both groups one leads and sells, every replica that runs has all rows and
 * knows that they are committed, and the front-ends that run may use their caches.
 */
export async function untilAtRest(store: TestStore): Promise<void> {
  await until("a store at rest", async () => {
    const orders = await healths(store, "order");
    const catalogs = await healths(store, "catalog");
    const frontends = store.running.running().filter(({ kind }) => kind === "frontend");
    return isEven(orders) && leading(orders)?.details.selling === true &&
      isEven(catalogs) && leading(catalogs)?.details.leases === frontends.length;
  }, END_MAX_MS);
}

/** The replica that leads its group, by its own word: front-ends learn of it a little later. */
export async function leaderOf(store: TestStore, kind: MemberKind): Promise<MemberName> {
  const leader = leading(await healths(store, kind));
  assert(leader !== undefined, "somebody leads");
  return { kind, id: leader.id };
}

async function healths(store: TestStore, kind: MemberKind): Promise<ReplicaHealth[]> {
  const members = store.running.running().filter((member) => member.kind === kind);
  const answers = await Promise.all(members.map((member) => store.health(member)));
  return answers as unknown as ReplicaHealth[];
}

function leading(among: ReplicaHealth[]): ReplicaHealth | undefined {
  return among.find(({ role, serving }) => role === "leader" && serving);
}

function isEven(among: ReplicaHealth[]): boolean {
  const last = among[0]?.lastIndex;
  return among.every(({ lastIndex, commitIndex }) => lastIndex === last && commitIndex === last);
}

/** They take minutes, and the whole machine. */
const BY_HAND = "by hand: FAILPOINTS=all npm test -- failpoint";

/** One store, one scene after the other; after each, everything is as it should be. */
export async function play(
  t: TestContext,
  size: StoreOptions,
  acts: readonly (readonly [what: string, rows: readonly Row[], act: Act])[],
): Promise<void> {
  if (process.env.FAILPOINTS !== "all") return t.skip(BY_HAND);
  const store = await startStore(t, { frontends: 2, ...size });
  const crowd = new Crowd(t, store);
  let isWell = true;
  for (const [what, rows, act] of acts) {
    for (const [failpoint, meaning] of rows) {
      await t.test(`${what} at ${failpoint}: ${meaning}`, async (scene) => {
        if (!isWell) return scene.skip("the store has not got over the scene before");
        isWell = false;
        scene.after(() => isWell || store.printLogs(scene));
        await act({ store, crowd }, failpoint);
        await crowd.checkKept();
        isWell = true;
      });
    }
  }
}
