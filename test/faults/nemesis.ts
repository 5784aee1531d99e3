/**
 * Carries faults out on a running store, one after the other: kills with
 * SIGKILL, pauses with SIGSTOP, stops gracefully, and undoes each before it
 * goes on. It signals only processes that this store started.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../../client/launcher/layout.ts";
import { probe } from "../../client/launcher/probe.ts";
import type { RunningStore } from "../../client/launcher/running_store.ts";
import type { Fault } from "./history.ts";
import { kindOf, type PlannedFault, sentenceOf, type Target } from "./schedule.ts";

export interface NemesisOptions {
  store: RunningStore;
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
  #leader = 0;

  constructor(options: NemesisOptions) {
    this.#options = options;
  }

  async carryOut(schedule: readonly PlannedFault[]): Promise<void> {
    for (const fault of schedule) {
      await this.#carryOutOne(fault);
      if (this.#options.signal?.aborted === true) return;
    }
  }

  async #carryOutOne(planned: PlannedFault): Promise<void> {
    const { store, say, nowMs } = this.#options;
    const members = await this.#find(planned.targets);
    const names = members.map(({ name }) => name);
    const fromMs = nowMs();
    const sentence = sentenceOf(planned, { atMs: fromMs, members: names });
    this.story.push(sentence);
    say(sentence);
    const fault: Fault = { kind: kindOf(planned), members: names, fromMs, toMs: fromMs };
    this.faults.push(fault);
    await this.#strike(planned, members);
    await pause(planned.holdMs);
    if (planned.how === "pause") for (const member of members) store.resume(member);
    else await store.start(members);
    if (planned.how === "flap") {
      await this.#strike(planned, members);
      await store.start(members);
    }
    fault.toMs = nowMs();
    await pause(planned.restMs);
  }

  async #strike({ how }: PlannedFault, members: readonly Member[]): Promise<void> {
    const { store } = this.#options;
    if (how === "pause") {
      for (const member of members) store.pause(member);
      return;
    }
    await Promise.all(members.map((member) =>
      how === "stop" ? store.stop(member) : store.kill(member)));
  }

  async #find(targets: readonly Target[]): Promise<Member[]> {
    const { store, random } = this.#options;
    const of = (kind: Member["kind"]) => store.members.filter((member) => member.kind === kind);
    const one = (members: Member[]) => [members[Math.floor(random() * members.length)]!];
    const leader = await this.#findLeader();
    const followers = of("order").filter(({ id }) => id !== leader);
    const found = targets.flatMap((target): readonly Member[] => {
      switch (target) {
        case "the order leader": return of("order").filter(({ id }) => id === leader);
        case "an order follower": return one(followers);
        case "both order followers": return followers;
        case "all order replicas": return of("order");
        case "the catalog": return of("catalog");
        case "a front-end": return one(of("frontend"));
        case "everything": return store.members;
      }
    });
    return store.members.filter((member) => found.includes(member));
  }

  /** As the first front-end that knows says. */
  async #findLeader(): Promise<number> {
    const { store } = this.#options;
    for (const url of store.urls) {
      const answer = await probe(`${url}/leader`);
      if (answer?.status !== 200) continue;
      this.#leader = (JSON.parse(answer.body) as { data: { id: number } }).data.id;
      return this.#leader;
    }
    return this.#leader === 0 ? store.settings.orders : this.#leader;
  }
}
