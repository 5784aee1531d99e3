/** What the gate (request_gate.ts) knows of one connection, and of one request that has arrived. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import * as limits from "../door_limits.ts";
import type { AppError } from "../errors.ts";
import { SlicedInput } from "./sliced_input.ts";

export interface Arrived {
  request: IncomingMessage;
  response: ServerResponse;
  /** The client waits for `100 Continue`. */
  continues: boolean;
  /** It expects what is not known here. */
  expects: AppError | null;
}

export interface Waiting extends Arrived {
  /** When its bytes were read; monotonic ms. */
  sinceMs: number;
}

/** One connection's place at the gate. */
export class Pipeline {
  readonly waiting: Waiting[] = [];
  readonly input = new SlicedInput();
  /** Requests that may be in flight at once. */
  window = limits.PIPELINE_MAX;
  /** Requests that have come in a turn of the gate, and which. */
  burst = 0;
  turn = 0;
  /** When one of its requests that waited was last served; monotonic ms. */
  servedAtMs = 0;
  /** Nothing more is served before; monotonic ms. */
  restsUntilMs = 0;

  /** Something has come that is not being served. */
  get isBehind(): boolean {
    return this.waiting.length > 0 || this.input.isHeld;
  }
}

/** What the gate needs of a connection. */
export interface GatedConnection {
  readonly socket: Socket;
  readonly pipeline: Pipeline;
  /** Requests taken whose answer has not left. */
  readonly unfinished: number;
  readonly isGone: boolean;
  /** Part of a request that is being served has not come yet. */
  readonly isReadingBody: boolean;
}
