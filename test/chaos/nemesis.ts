/**
 * Carries faults out on a running store, one after the other: kills with
 * SIGKILL, pauses with SIGSTOP, stops gracefully, cuts the network, and
 * undoes each before it goes on. It signals only processes that this store
 * started.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../../client/launcher/layout.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import { type CutPlan, planCut, type Way } from "./cuts.ts";
import type { Fault } from "../checker/history.ts";
import type { Network } from "./network.ts";
import { WHOLE_MAX_MS } from "../checker/rules/promise_rules.ts";
import { type How, kindOf, type PlannedFault, sentenceOf, type Target } from "./schedule.ts";
import { untilWhole } from "./store_health.ts";

export interface NemesisOptions {
  store: RunningStore;
  /** Null: its schedule has no cuts. */
  network: Network | null;
  random: () => number;
  nowMs: () => number;
  say: (sentence: string) => void;
  signal?: AbortSignal;
}

export class Nemesis {
  readonly faults: Fault[] = [];
  /** What was done, in plain sentences. */
  readonly story: string[] = [];
  readonly #options: NemesisOptions;
  /** Who led last, should nobody lead when the next fault strikes. */
  #leader: number;
  #catalogLeader: number;

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#leader = options.store.settings.orders;
    this.#catalogLeader = options.store.settings.catalogs;
  }

  async carryOut(schedule: readonly PlannedFault[]): Promise<void> {
    for (const planned of schedule) {
      await this.#carryOutOne(planned);
      if (this.#options.signal?.aborted === true) return;
    }
  }

  async #carryOutOne(planned: PlannedFault): Promise<void> {
    const { store, nowMs } = this.#options;
    const askedMs = nowMs();
    const look = await untilWhole(store, planned.waits ? WHOLE_MAX_MS : 0);
    this.#leader = look.leader ?? this.#leader;
    this.#catalogLeader = look.catalogLeader ?? this.#catalogLeader;
    const fromMs = nowMs();
    const fault: Fault = {
      kind: kindOf(planned), members: [], links: [], leader: this.#leader,
      catalogLeader: this.#catalogLeader,
      wasWhole: look.isWhole, waitedMs: fromMs - askedMs, fromMs, toMs: fromMs,
    };
    this.faults.push(fault);
    if (planned.how === "cut") await this.#cut(planned, fault);
    else await this.#strike(planned, fault);
    fault.toMs = nowMs();
    await pause(planned.restMs);
  }

  async #strike(planned: PlannedFault & { how: How }, fault: Fault): Promise<void> {
    const { store } = this.#options;
    const { how, holdMs } = planned;
    const members = this.#find(planned.targets);
    fault.members = members.map(({ name }) => name);
    this.#tell(planned, { fault, whom: fault.members.join(", ") });
    await this.#hit(how, members);
    await pause(holdMs);
    if (how === "pause") for (const member of members) store.resume(member);
    else await store.start(members);
    if (how === "flap") {
      await this.#hit(how, members);
      await store.start(members);
    }
  }

  async #hit(how: How, members: readonly Member[]): Promise<void> {
    const { store } = this.#options;
    if (how === "pause") {
      for (const member of members) store.pause(member);
      return;
    }
    await Promise.all(members.map((member) =>
      how === "stop" ? store.stop(member) : store.kill(member)));
  }

  async #cut(planned: PlannedFault & { how: "cut" }, fault: Fault): Promise<void> {
    const { store, network, random } = this.#options;
    const leader = store.member({ kind: "order", id: this.#leader });
    const catalog = store.member({ kind: "catalog", id: this.#catalogLeader });
    const plan = planCut(planned.cut, { members: store.members, leader, catalog, random });
    fault.links = plan.cuts.flat().map(({ from, to }) => ({ from: from.name, to: to.name }));
    this.#tell(planned, { fault, whom: plan.whom });
    for (const step of stepsOf(plan, network!)) {
      if (step.at > 0) await pause(step.at * planned.holdMs);
      await step.go();
    }
  }

  #tell(planned: PlannedFault, { fault, whom }: { fault: Fault; whom: string }): void {
    const sentence = sentenceOf(planned, { atMs: fault.fromMs, whom });
    this.story.push(sentence);
    this.#options.say(sentence);
  }

  #find(targets: readonly Target[]): Member[] {
    const { store, random } = this.#options;
    const of = (kind: Member["kind"]) => store.members.filter((member) => member.kind === kind);
    const one = (members: Member[]) => [members[Math.floor(random() * members.length)]!];
    const followers = of("order").filter(({ id }) => id !== this.#leader);
    const found = targets.flatMap((target): readonly Member[] => {
      switch (target) {
        case "the order leader": return of("order").filter(({ id }) => id === this.#leader);
        case "an order follower": return one(followers);
        case "both order followers": return followers;
        case "all order replicas": return of("order");
        case "the catalog": return of("catalog").filter(({ id }) => id === this.#catalogLeader);
        case "a catalog follower":
          return one(of("catalog").filter(({ id }) => id !== this.#catalogLeader));
        case "a front-end": return one(of("frontend"));
        case "everything": return store.members;
      }
    });
    return store.members.filter((member) => found.includes(member));
  }
}

/** Cuts, then heals, the same time between each of them and the next: parts of the whole. */
function stepsOf({ cuts, heals }: CutPlan, network: Network) {
  const part = 1 / (cuts.length + heals.length - 1);
  const linksOf = (ways: Way[]) =>
    ways.map(({ from, to }) => ({ from: from.label, to: to.label }));
  return [
    ...cuts.map((ways) => () => network.cut(linksOf(ways))),
    ...heals.map((ways) => () => network.heal(linksOf(ways))),
  ].map((go, at) => ({ go, at: at === 0 ? 0 : part }));
}
