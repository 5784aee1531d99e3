/**
 * A random history of a group, all from one seed: the size, the weather, and
 * then one event after another in the order of simulated time. Two phases:
 * first faults rain and nothing wrong may happen; then all is mended and the
 * group has to go on within known bounds, or it was safe by doing nothing.
 *
 * What is done to the world is written down as a script on demand, to be played
 * again without any chance and made short (script.ts).
 */
import type { Answer } from "../../../shared/replication/core/messages.ts";
import { perform, type NodeAction } from "./actions.ts";
import { Chance } from "./chance.ts";
import type { Counts } from "./coverage.ts";
import { EventQueue, type Event, type EventKind } from "./event_queue.ts";
import { Links } from "./links.ts";
import { appendsWaiting, type Node } from "./node.ts";
import { demandProgress } from "./progress.ts";
import { Random } from "../random.ts";
import { withTime, type ScriptWriter } from "./script.ts";
import { CALM, drawCheckpoints, drawWeather, type Weather } from "./weather.ts";
import { FRONTEND, World, type Ask, type Driver } from "./world.ts";

/** Events of the first phase. */
const EVENTS = 600;
/** Runs in which one copy commits: nothing is promised but to go on afterwards. */
const QUORUM_OF_ONE = 0.05;
/** An asker waits so long. */
const DEADLINE_MS = 1_000;

export interface HistoryOptions {
  /** Keeps a script of what is done. */
  writer?: ScriptWriter;
  /** Gets what happens, in words. */
  trace?: (line: string) => void;
}

export class History implements Driver {
  readonly world: World;
  #weather: Weather;
  #random: Random;
  #links: Links;
  #chance: Chance;
  #counts: Counts;
  #queue = new EventQueue();
  /** Disks at work, by id: one write after the other. */
  #isBusy: boolean[] = [];
  #pausedUntilMs: number[] = [];
  #writer: ScriptWriter | null;
  #isCalm = false;

  constructor(seed: number, counts: Counts, { writer, trace }: HistoryOptions = {}) {
    const random = new Random(seed);
    this.#random = random;
    const size = random.chance(0.7) ? 3 : 5;
    this.#weather = drawWeather(random);
    this.#links = new Links(random);
    this.#counts = counts;
    const { leaderLeaseMs, drift } = this.#weather;
    const quorum = random.chance(QUORUM_OF_ONE) ? 1 : undefined;
    const checkpointEveryRows = drawCheckpoints(seed, quorum);
    const group = { size, quorum, leaderLeaseMs, checkpointEveryRows };
    this.world = new World({ ...group, driver: this, counts });
    for (let i = 0; i < size; i++) this.world.rates[i] = 1 + (random.next() - 0.5) * drift;
    this.#chance = new Chance(this.world, random, this.#weather);
    this.#writer = writer ?? null;
    writer?.begin(this.world, group);
    if (trace !== undefined) this.world.trace = (line) => trace(withTime(this.world, line));
  }

  /** @throws Violation */
  run(): void {
    const { crashEveryMs, pauseEveryMs, cutEveryMs } = this.#weather;
    for (const node of this.world.nodes) this.#plan("tick", this.#random.next() * 20, node);
    this.#plan("use", 0, null);
    if (crashEveryMs < Infinity) this.#plan("crash", this.#random.around(crashEveryMs), null);
    if (pauseEveryMs < Infinity) this.#plan("pause", this.#random.around(pauseEveryMs), null);
    if (cutEveryMs < Infinity) this.#plan("cut", this.#random.around(cutEveryMs), null);
    for (let events = 0; events < EVENTS; events++) this.#next();
    this.#mend();
    const { world } = this;
    demandProgress({ world, do: (action) => this.#do(action), runFor: (ms) => this.#runFor(ms) });
  }

  #runFor(ms: number): void {
    const untilMs = this.world.nowMs + ms;
    while (this.world.nowMs < untilMs) this.#next();
  }

  #plan(kind: EventKind, inMs: number, node: Node | null): void {
    const atMs = this.world.nowMs + inMs;
    const life = node === null ? 0 : node.life;
    this.#queue.add({ atMs, order: 0, kind, node, life, ask: null, answer: null });
  }

  #planMessage(kind: EventKind, inMs: number, ask: Ask, answer: Answer | null): void {
    const atMs = this.world.nowMs + inMs;
    this.#queue.add({ atMs, order: 0, kind, node: null, life: 0, ask, answer });
  }

  #next(): void {
    const event = this.#queue.take()!;
    const { world } = this;
    world.nowMs = Math.max(world.nowMs, event.atMs);
    switch (event.kind) {
      case "question":
        return this.#arrive(event, event.ask!);
      case "answer":
        return this.#arriveBack(event, event.ask!);
      case "deadline":
        return this.#giveUp(event, event.ask!);
      case "disk":
        return this.#flush(event, event.node!);
      case "tick":
        return this.#tick(event, event.node!);
      case "use":
        return this.#use();
      case "crash":
        return this.#crash();
      case "restart":
        return this.#restart(event.node!);
      case "pause":
        return this.#pause();
      case "cut":
        return this.#cut();
    }
  }

  // What the world asks for.

  onAsk(ask: Ask): void {
    const weather = this.#weather;
    this.#writer?.letters.onAsk(ask);
    if (ask.from !== FRONTEND) this.#planMessage("deadline", DEADLINE_MS, ask, null);
    if (weather.drop > 0 && this.#random.chance(weather.drop)) {
      this.#counts["messages dropped"]++;
      return;
    }
    this.#planMessage("question", this.#links.delayMs(weather), ask, null);
    if (weather.double === 0 || !this.#random.chance(weather.double)) return;
    this.#counts["messages doubled"]++;
    this.#planMessage("question", this.#links.copyDelayMs(weather), ask, null);
  }

  onReply(ask: Ask, answer: Answer): void {
    const weather = this.#weather;
    this.#writer?.letters.onReply(ask, answer);
    if (weather.drop > 0 && this.#random.chance(weather.drop)) {
      this.#counts["messages dropped"]++;
      return;
    }
    this.#planMessage("answer", this.#links.delayMs(weather), ask, answer);
  }

  onLed(): void {}

  onWork(node: Node): void {
    if (this.#isBusy[node.id]) return;
    this.#isBusy[node.id] = true;
    this.#planDisk(node);
  }

  #planDisk(node: Node): void {
    const { diskMs, slowDisk } = this.#weather;
    const isSlow = slowDisk > 0 && this.#random.chance(slowDisk);
    this.#plan("disk", isSlow ? this.#random.next() * 1_000 : this.#random.around(diskMs), node);
  }

  /** A reset comes back over the same network as an answer would. */
  onReset(ask: Ask): void {
    if (ask.from === FRONTEND) return;
    this.#planMessage("deadline", this.#links.delayMs(this.#weather), ask, null);
  }

  onConfirmed(): void {}

  onCrash(node: Node): void {
    this.#isBusy[node.id] = false;
    this.#plan("restart", this.#random.around(this.#weather.downMs), node);
  }

  // What happens.

  /** A node that is paused handles nothing: it meets this when it wakes. */
  #isPaused(event: Event, id: number): boolean {
    const untilMs = this.#pausedUntilMs[id] ?? 0;
    if (untilMs <= this.world.nowMs) return false;
    event.atMs = untilMs;
    this.#queue.add(event);
    return true;
  }

  #isLost(from: number, to: number): boolean {
    const isLost = this.#links.isCut(from, to, this.world.nowMs);
    if (isLost) this.#counts["messages on a cut link"]++;
    return isLost;
  }

  #arrive(event: Event, ask: Ask): void {
    if (this.#isPaused(event, ask.to) || this.#isLost(ask.from, ask.to)) return;
    if (!ask.isOpen) this.#counts["copies that came late"]++;
    if (this.#links.isOvertaken(ask)) this.#counts["messages overtaken"]++;
    this.#writer?.noteMessage("deliver", ask);
    // Nobody there: the connection is refused.
    if (!this.world.deliver(ask)) this.onReset(ask);
  }

  #arriveBack(event: Event, ask: Ask): void {
    if (this.#isPaused(event, ask.from) || this.#isLost(ask.to, ask.from)) return;
    if (!ask.isOpen) {
      if (!this.#weather.hearsLateAnswers) return;
      this.#counts["answers after nobody waited"]++;
    }
    this.#writer?.noteMessage("answer", ask, event.answer);
    this.world.answer(ask, event.answer);
  }

  #giveUp(event: Event, ask: Ask): void {
    if (!ask.isOpen || this.#isPaused(event, ask.from)) return;
    this.#counts["answers that did not come in time"]++;
    this.#writer?.noteMessage("no answer", ask);
    this.world.answer(ask, null);
  }

  #flush(event: Event, node: Node): void {
    if (event.life !== node.life || !node.alive || this.#isPaused(event, node.id)) return;
    const together = this.#random.chance(this.#weather.flushTogether) ? appendsWaiting(node) : 1;
    const count = Math.max(1, together);
    this.#do({ kind: "flush", node: node.id, count });
    if (!node.alive) return;
    if (node.pending.length > 0) this.#planDisk(node);
    else this.#isBusy[node.id] = false;
  }

  #tick(event: Event, node: Node): void {
    if (this.#isPaused(event, node.id)) return;
    this.#plan("tick", this.#weather.leaderLeaseMs / 4, node);
    if (node.alive) this.#do({ kind: "tick", node: node.id });
  }

  #use(): void {
    if (this.#isCalm) return;
    this.#plan("use", this.#random.around(this.#weather.actEveryMs), null);
    const action = this.#chance.use();
    if (action === null) return;
    const isAsleep = (this.#pausedUntilMs[action.node] ?? 0) > this.world.nowMs;
    if (!isAsleep || action.kind === "nominate") this.#do(action);
  }

  #crash(): void {
    if (this.#isCalm) return;
    const { crashEveryMs, crashAll } = this.#weather;
    this.#plan("crash", this.#random.around(crashEveryMs), null);
    const isAll = this.#random.chance(crashAll);
    if (isAll) this.#counts["crashes of all at once"]++;
    const nodes = isAll ? this.world.nodes : [this.#random.pick(this.world.nodes)];
    for (const node of nodes) if (node.alive) this.#do(this.#chance.crash(node));
  }

  #restart(node: Node): void {
    if (node.alive) return;
    const damage = this.#chance.damage(node);
    if (damage !== null && !this.#isCalm) this.#do(damage);
    this.#do({ kind: "restart", node: node.id });
  }

  #pause(): void {
    if (this.#isCalm) return;
    this.#plan("pause", this.#random.around(this.#weather.pauseEveryMs), null);
    const { id } = this.#random.pick(this.world.nodes);
    this.#counts.pauses++;
    this.#pausedUntilMs[id] = this.world.nowMs + this.#chance.pauseMs();
    this.#do({ kind: "sleep", node: id });
  }

  #cut(): void {
    if (this.#isCalm) return;
    this.#plan("cut", this.#random.around(this.#weather.cutEveryMs), null);
    const { nodes, nowMs } = this.world;
    const isOneWay = this.#links.cutSome(nodes.length, nowMs, this.#weather);
    this.#counts[isOneWay ? "links cut one way" : "members cut off"]++;
  }

  #do(action: NodeAction): void {
    this.#writer?.note(action);
    perform(this.world, action);
  }

  #mend(): void {
    this.#isCalm = true;
    this.#weather = { ...this.#weather, ...CALM };
    this.#links.mend();
    this.#pausedUntilMs = [];
    for (const node of this.world.nodes) {
      this.#do({ kind: "crash soon", node: node.id, outputs: Infinity });
      if (!node.alive) this.#plan("restart", 1, node);
    }
  }
}
