/**
 * A member's log as a file that it opens itself, so that it can open it again:
 * who moves a log away for the night (logrotate) sends SIGHUP, and the next
 * line is in a new file. All lines pass through the process's own output, those
 * of its other threads and the last words of a crash too, so that is where they
 * are turned aside. What the engine itself says as it dies, out of memory,
 * still goes where the process's output went when it was started: to the file
 * that was moved away. Node cannot point an open descriptor at another file
 * (dup2), and to close number 2 and hope for it again would at times give it to
 * a socket or a log of another thread, which those words would then be written
 * into. Who copies the log and empties it (copytruncate) has them in the new
 * one, and may lose a line in between.
 */
import { closeSync, openSync, writeSync } from "node:fs";

type Done = (error?: Error | null) => void;

export class LogOutput {
  readonly path: string;
  #file: number;

  /** @throws the error of open */
  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, "a");
  }

  /** What is written to the process's output goes to the file from now on. */
  takeOver(): void {
    for (const stream of [process.stdout, process.stderr]) {
      stream.write = (chunk: string | Uint8Array, how?: BufferEncoding | Done, done?: Done) => {
        this.#write(typeof chunk === "string" ? Buffer.from(chunk, encodingOf(how)) : chunk);
        const told = typeof how === "function" ? how : done;
        if (told !== undefined) process.nextTick(told, null);
        return true;
      };
    }
  }

  /** @throws the error of open; then the file is the one it was. */
  openAgain(): void {
    const before = this.#file;
    this.#file = openSync(this.path, "a");
    closeSync(before);
  }

  /** A line is never worth a crash: on a full disk it is lost. */
  #write(bytes: Uint8Array): void {
    try {
      let done = 0;
      while (done < bytes.length) done += writeSync(this.#file, bytes, done);
    } catch {
      // Nobody is left who could be told.
    }
  }
}

function encodingOf(how: BufferEncoding | Done | undefined): BufferEncoding {
  return typeof how === "string" ? how : "utf8";
}
