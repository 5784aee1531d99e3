/**
 * A group of replica hosts on simulated machines: real code from the door to
 * the disk, and time that passes only when a test lets it.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { AppError } from "../../../shared/errors.ts";
import { createLog } from "../../../shared/logging.ts";
import { ReplicaHost } from "../../../shared/replication/replica_host.ts";
import type { ReplicatedService } from "../../../shared/replication/replicated_service.ts";
import { Random } from "../../simulation/random.ts";
import { Machine } from "../../simulation/store/machine.ts";
import { Network } from "../../simulation/store/network.ts";
import { CALM } from "../../simulation/store/network_weather.ts";
import { SimDisk } from "../../simulation/store/sim_disk.ts";
import { Timeline } from "../../simulation/store/timeline.ts";

export interface GroupOptions {
  size?: number;
  checkpointEveryRows?: number;
}

/** A service whose state is the list of its values. */
export class ListService implements ReplicatedService {
  readonly columns = ["value"];
  values: string[] = [];
  committed = 0;
  leads = 0;
  stepDowns = 0;

  openingPayload(): string {
    return "opening";
  }

  /** None may be nonsense. */
  checkRows(after: number, payloads: readonly string[]): void {
    if (payloads.includes("nonsense")) throw new AppError("bad_request", `Nonsense after ${after}`);
  }

  checkSnapshot(text: string, index: number): void {
    const values = JSON.parse(text) as string[];
    if (values.length !== index || values.includes("nonsense")) {
      throw new AppError("bad_request", "This is no snapshot");
    }
  }

  onRow(index: number, _term: number, payload: string): void {
    assert.equal(index, this.values.length + 1);
    assert(payload !== "nonsense", "what enters the log makes sense");
    this.values.push(payload);
  }

  onCut(after: number): void {
    assert(after >= this.committed);
    this.values.length = after;
  }

  onCommit(index: number): void {
    this.committed = index;
  }

  onLead(): void {
    this.leads++;
  }

  onStepDown(): void {
    this.stepDowns++;
  }

  snapshot(): string {
    return JSON.stringify(this.values);
  }

  restore(text: string): void {
    this.values = JSON.parse(text) as string[];
  }
}

/** A replica, as it runs now. */
export interface Member {
  id: number;
  machine: Machine;
  disk: SimDisk;
  service: ListService;
  host: ReplicaHost;
  /** What it was asked: `POST /replicate` … */
  asked: string[];
  /** What it logged at level info and above, over all its lives. */
  lines: string[];
}

export class HostGroup {
  readonly #timeline = new Timeline();
  readonly #random = new Random(1);
  readonly #network: Network;
  readonly #members = new Map<number, Member>();
  readonly #options: Required<GroupOptions>;
  /** What ended a process. */
  readonly failures: unknown[] = [];

  /** All are up and nobody leads; at the end of the test no process has failed. */
  static async start(t: TestContext, options: GroupOptions = {}): Promise<HostGroup> {
    const { size = 3, checkpointEveryRows = 100_000 } = options;
    const group = new HostGroup({ size, checkpointEveryRows });
    for (let id = 1; id <= size; id++) await group.#start(id);
    t.after(() => assert.deepEqual(group.failures, []));
    return group;
  }

  private constructor(options: Required<GroupOptions>) {
    this.#options = options;
    this.#network = new Network({ timeline: this.#timeline, random: this.#random, weather: CALM });
  }

  member(id: number): Member {
    return this.#members.get(id)!;
  }

  host(id: number): ReplicaHost {
    return this.member(id).host;
  }

  /** Changes what the disk has left, and lets the host look. */
  async leave(id: number, freeBytes: number): Promise<void> {
    this.member(id).disk.setFreeBytes(freeBytes);
    await this.pass(150);
  }

  /** For so long nothing that this one asks or tells gets to that one. */
  cut(from: number, to: number, forMs: number): void {
    this.#network.cut(`order ${from}`, `order ${to}`, forMs);
  }

  pass(ms: number): Promise<void> {
    return this.#timeline.runUntil(this.#timeline.nowMs + ms);
  }

  async until(isSo: () => boolean, withinMs = 5_000): Promise<void> {
    await this.#timeline.runWhile(() => !isSo(), this.#timeline.nowMs + withinMs);
    assert(isSo(), `not within ${withinMs} ms: ${isSo}`);
  }

  /** Lets time pass until it is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    promise.then(over, over);
    await this.until(() => isOver);
    return promise;
  }

  /** What POST /lead is answered: `leads`, or the reason against it. */
  async nominate(id: number, handover: number | null = null): Promise<string> {
    const body = handover === null ? {} : { handover };
    try {
      await this.settle(this.host(id).handle("POST /lead", body));
      return "leads";
    } catch (error) {
      return (error as AppError).reason;
    }
  }

  propose(id: number, ...values: string[]): void {
    this.host(id).propose(values);
  }

  /** Proposed, and committed at its leader. */
  async commit(id: number, ...values: string[]): Promise<void> {
    const { host, service } = this.member(id);
    const last = host.propose(values);
    await this.until(() => service.committed >= last);
  }

  /** Everybody has these values but the opening rows, all of them committed. */
  async checkSame(values: string[]): Promise<void> {
    await this.pass(300);
    for (const { id, service } of this.#members.values()) {
      const own = service.values.filter((value) => value !== "opening");
      assert.deepEqual(own, values, `replica ${id}`);
      assert.equal(service.committed, service.values.length, `replica ${id} knows them committed`);
    }
  }

  /** @param power lost, too: what was not flushed may be gone */
  async restart(id: number, { power = false } = {}): Promise<void> {
    const { machine, disk } = this.member(id);
    machine.crash();
    disk.crash(power);
    machine.restart();
    await this.#start(id);
  }

  async #start(id: number): Promise<void> {
    const { machine, disk, lines } = this.#members.get(id) ?? this.#place(id);
    const service = new ListService();
    const asked: string[] = [];
    const others = [...Array(this.#options.size).keys()].map((at) => at + 1)
      .filter((other) => other !== id);
    const host = await this.settle(ReplicaHost.open({
      id,
      others: new Map(others.map((to) => [to, this.#network.connect(machine, `order ${to}`)])),
      quorum: Math.floor(this.#options.size / 2) + 1,
      disk,
      service,
      startId: `${id}.${machine.life}`,
      clock: machine.clock,
      checkpointEveryRows: this.#options.checkpointEveryRows,
      log: createLog({ member: machine.name, level: "info", write: (line) => lines.push(line) }),
      fail: machine.process.whileAlive((error: unknown) => this.failures.push(error)),
    }));
    this.#network.serve(machine, (kind, body) => {
      asked.push(kind);
      if (kind !== "GET /health") return host.handle(kind, body);
      return Promise.resolve({ ...host.health(null), details: {} });
    });
    this.#members.set(id, { id, machine, disk, service, host, asked, lines });
  }

  #place(id: number) {
    const timeline = this.#timeline;
    const machine = new Machine({ timeline, name: `order ${id}` });
    const disk = new SimDisk({ machine, timeline, random: this.#random, flushMs: 1 });
    return { machine, disk, lines: [] as string[] };
  }
}
