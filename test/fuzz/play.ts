/** Plays an input over a connection of its own, and brings back what came of it. */
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../shared/clock.ts";
import { splitAnswers } from "./answers.ts";
import type { Input, Step } from "./input.ts";

export interface Played {
  /** All that came, one character a byte. */
  text: string;
  /** The store hung up, in order or with a reset. */
  isClosed: boolean;
  /** The connection could not be made. */
  isRefused: boolean;
  ms: number;
}

/** With nothing due, so long a silence is taken for the end. */
const QUIET_MS = 15;
const FIRST_BYTE_MS = 200;
/** What is due may take as long as a purchase whose outcome is unknown. */
const DUE_MAX_MS = 8_000;
const POLL_MS = 3;

export async function play(input: Pick<Input, "steps" | "due" | "hasHead" | "leaves">,
  port: number): Promise<Played> {
  const startedMs = monotonicMs();
  const line = new Line(connect(port, "127.0.0.1"));
  try {
    await line.opened;
    for (const step of input.steps) {
      if (line.isClosed) break;
      await line.do(step);
    }
    if (!input.leaves) await line.untilOver(input.due, input.hasHead);
  } finally {
    line.socket.destroy();
  }
  const { text, isClosed, isRefused } = line;
  return { text, isClosed, isRefused, ms: monotonicMs() - startedMs };
}

class Line {
  readonly socket: Socket;
  readonly opened: Promise<void>;
  isClosed = false;
  isRefused = false;
  #chunks: Buffer[] = [];
  #lastMs = monotonicMs();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    this.opened = new Promise((resolve) => {
      socket.once("connect", resolve);
      socket.once("close", () => resolve());
    });
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      this.#lastMs = monotonicMs();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") this.isRefused = true;
    });
    socket.on("end", () => (this.isClosed = true));
    socket.on("close", () => (this.isClosed = true));
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  async do(step: Step): Promise<void> {
    switch (step.do) {
      case "send":
        this.socket.write(step.bytes);
        this.#lastMs = monotonicMs();
        return;
      case "pause": return pause(step.ms);
      case "end": return void this.socket.end();
      case "await": return this.#until(() => this.#chunks.length > 0, FIRST_BYTE_MS);
      case "reset": return void this.socket.resetAndDestroy();
      case "leave": return void this.socket.destroy();
    }
  }

  /** The store hung up, or all that is due came and nothing follows. */
  async untilOver(due: number, hasHead: boolean): Promise<void> {
    await this.#until(() => {
      const { answers, rest } = splitAnswers(this.text, hasHead);
      const count = answers.length;
      if (rest !== "" || count < due) return false;
      const silentMs = monotonicMs() - this.#lastMs;
      if (due > 0) return due === 1 || silentMs > QUIET_MS;
      return silentMs > (count > 0 ? QUIET_MS : FIRST_BYTE_MS);
    }, DUE_MAX_MS);
  }

  async #until(isOver: () => boolean, patienceMs: number): Promise<void> {
    const deadline = monotonicMs() + patienceMs;
    while (!this.isClosed && !isOver() && monotonicMs() < deadline) await pause(POLL_MS);
  }
}
