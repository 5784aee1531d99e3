/**
 * The input of a connection that pipelines: handed to the parser a slice at a
 * time. node:http parses a whole chunk of a socket at once, up to 64 KiB or
 * two thousand requests, in which nobody else is served; with two hundred such
 * connections that is seconds. So what has come waits here, the socket paused,
 * until there is room for what is in its next slice.
 */
import type { Socket } from "node:net";

type Feed = (chunk: Buffer) => void;

export class SlicedInput {
  #socket: Socket | null = null;
  #feed: Feed = () => {};
  #rest: Buffer | null = null;
  #isOver = false;

  get isSliced(): boolean {
    return this.#socket !== null;
  }

  /** Bytes have come that the parser has not seen. */
  get isHeld(): boolean {
    return this.#rest !== null;
  }

  /**
   * From the next chunk on. (Adding a listener of data makes node:http take its chunks from the
   * socket's stream, where its own listener stands, instead of from below it.)
   */
  begin(socket: Socket, onHeld: () => void): void {
    const feeds = socket.listeners("data") as Feed[];
    if (this.#socket !== null || this.#isOver || feeds.length !== 1) return;
    this.#socket = socket;
    this.#feed = feeds[0]!;
    socket.removeListener("data", this.#feed);
    socket.on("data", (chunk: Buffer) => {
      if (this.#isOver) return;
      this.#rest = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
      onHeld();
    });
    readAgain(socket);
  }

  /** So much of it goes to the parser. */
  feed(bytes: number): void {
    const rest = this.#rest;
    if (rest === null) return;
    this.#rest = rest.length > bytes ? rest.subarray(bytes) : null;
    this.#feed.call(this.#socket, rest.length > bytes ? rest.subarray(0, bytes) : rest);
  }

  /**
   * The parser sees nothing more: after an error or a CONNECT node:http takes it back, and by the
   * next chunk it may be another connection's.
   */
  end(): void {
    this.#rest = null;
    this.#isOver = true;
  }
}

/**
 * node:http stopped the handle when the socket was paused, and would start it again itself; the
 * stream, to which the bytes go from here on, takes it for one that is being read.
 */
function readAgain(socket: Socket): void {
  const { _handle: handle } = socket as unknown as {
    _handle: { reading: boolean; readStart: () => void } | null;
  };
  if (handle === null || handle.reading) return;
  handle.reading = true;
  handle.readStart();
}
