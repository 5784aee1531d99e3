/** For the tests of the simulated network: two machines on it, one of which asks the other. */
import type { AppError } from "../../../shared/errors.ts";
import type { Peer } from "../../../shared/cluster/peer.ts";
import { Random } from "../random.ts";
import { Machine } from "./machine.ts";
import { Network, type Handle } from "./network.ts";
import { CALM, type Weather } from "./network_weather.ts";
import { Timeline } from "./timeline.ts";

export const TIMEOUT = { timeoutMs: 300 };

/** `order 1` asks `order 2`, which answers as it is told. */
export class Pair {
  readonly timeline = new Timeline();
  readonly counts = new Map<string, number>();
  readonly trace: string[] = [];
  readonly network: Network;
  readonly asker = new Machine({ timeline: this.timeline, name: "order 1" });
  readonly asked = new Machine({ timeline: this.timeline, name: "order 2" });
  /** What was asked, with the time. */
  readonly got: [kind: string, body: unknown][] = [];
  readonly gotAtMs: number[] = [];
  /** What came of what was asked, with the time. */
  readonly heard: [what: string, atMs: number][] = [];

  constructor(weather: Partial<Weather> = {}, seed = 1, people = "nobody") {
    this.network = new Network({
      timeline: this.timeline,
      random: new Random(seed),
      weather: { ...CALM, ...weather },
      people,
      count: (name) => this.counts.set(name, (this.counts.get(name) ?? 0) + 1),
      trace: (line) => this.trace.push(line),
    });
    this.network.isFaulty = true;
  }

  serve(answer: (call: number) => Promise<object>): () => void {
    const handle: Handle = (kind, body) => {
      this.got.push([kind, body]);
      this.gotAtMs.push(this.timeline.nowMs);
      return answer(this.got.length);
    };
    return this.network.serve(this.asked, handle);
  }

  peer(): Peer {
    return this.network.connect(this.asker, "order 2");
  }

  ask(peer = this.peer(), body: object = {}): void {
    peer.post("/sales", body, TIMEOUT).then(
      (answer) => this.#hear(JSON.stringify(answer)),
      (error: AppError) => this.#hear(error.reason ?? String(error)),
    );
  }

  #hear(what: string): void {
    this.heard.push([what, this.timeline.nowMs]);
  }

  get heardWhat(): string[] {
    return this.heard.map(([what]) => what);
  }

  after(ms: number, call: () => void): void {
    this.timeline.schedule(this.timeline.nowMs + ms, call);
  }
}
