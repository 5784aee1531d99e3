/**
 * One connection of a load: it keeps when each request was written, as answers come in the order
 * of their requests, and never has more of them open than its depth.
 */
import { connect, type Socket } from "node:net";
import { monotonicMs } from "../../shared/clock.ts";
import { AnswerScanner } from "./overload_answers.ts";

export interface LineOptions {
  host: string;
  port: number;
  /** The address it comes from; any unless told. */
  from?: string;
  /** Requests that may be open at once. */
  depth: number;
  onOpen: (line: Line) => void;
  /** Everything that came at once was read. */
  onRoom: (line: Line) => void;
  onAnswer: (status: number, tookMs: number) => void;
  /** @param lost requests that never will be answered */
  onClose: (line: Line, outcome: { wasOpen: boolean; lost: number }) => void;
}

export class Line {
  isOpen = false;
  readonly #options: LineOptions;
  readonly #socket: Socket;
  /** A ring: when the requests that are open were written, the oldest at `#first`. */
  readonly #writtenMs: Float64Array;
  #first = 0;
  #open = 0;
  /** Requests that go out with the next flush. */
  #text = "";
  /** The moment that counts for all answers of one chunk: a clock is not read for each. */
  #nowMs = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#writtenMs = new Float64Array(options.depth);
    const { host, port, from } = options;
    this.#socket = connect({ host, port, localAddress: from, noDelay: true });
    const scanner = new AnswerScanner((status) => this.#answered(status));
    this.#socket.on("connect", () => {
      this.isOpen = true;
      options.onOpen(this);
    });
    this.#socket.on("data", (chunk) => {
      this.#nowMs = monotonicMs();
      scanner.feed(chunk);
      if (this.isOpen) options.onRoom(this);
    });
    // What follows is a close.
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      const wasOpen = this.isOpen;
      this.isOpen = false;
      options.onClose(this, { wasOpen, lost: this.#open });
    });
  }

  get room(): number {
    return this.isOpen ? this.#options.depth - this.#open : 0;
  }

  /** Requests that have no answer yet. */
  get waiting(): number {
    return this.#open;
  }

  /** Goes out with `flush`: many small writes would cost a call of the system each. */
  add(request: string, nowMs: number): void {
    this.#text += request;
    this.#writtenMs[(this.#first + this.#open) % this.#writtenMs.length] = nowMs;
    this.#open++;
  }

  flush(): void {
    if (this.#text !== "") this.#socket.write(this.#text, "latin1");
    this.#text = "";
  }

  end(): void {
    this.#socket.destroy();
  }

  #answered(status: number): void {
    // An answer to nothing, as 408 on a silent connection is.
    if (this.#open === 0) return;
    const writtenMs = this.#writtenMs[this.#first]!;
    this.#first = (this.#first + 1) % this.#writtenMs.length;
    this.#open--;
    this.#options.onAnswer(status, this.#nowMs - writtenMs);
  }
}
