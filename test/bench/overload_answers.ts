/**
 * Counts HTTP answers in a stream of bytes: of each only its status is read, and its length, to
 * find the next one. A whole HTTP client would take more of the machine than the store does.
 */
const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = Buffer.from("\r\nContent-Length: ");
/** Of `HTTP/1.1 200`, where the three digits begin. */
const STATUS_AT = 9;
const ZERO = 48;

export class AnswerScanner {
  readonly #onAnswer: (status: number) => void;
  /** The beginning of a head whose end has not come yet. */
  #rest: Buffer | null = null;
  /** Of the answer whose body is being skipped; 0 between answers. */
  #status = 0;
  #left = 0;

  /** @param onAnswer called when the last byte of an answer is there */
  constructor(onAnswer: (status: number) => void) {
    this.#onAnswer = onAnswer;
  }

  /** @throws Error for an answer that does not say how long it is */
  feed(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    for (let at = 0; ; ) {
      if (this.#status !== 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left > 0) return;
        const status = this.#status;
        this.#status = 0;
        this.#onAnswer(status);
      }
      const end = bytes.indexOf(HEAD_END, at);
      if (end < 0) {
        if (at < bytes.length) this.#rest = bytes.subarray(at);
        return;
      }
      this.#status = numberAt(bytes, at + STATUS_AT);
      // 100 Continue is not the answer yet.
      if (this.#status < 200) this.#status = 0;
      else this.#left = lengthIn(bytes, { from: at, end, status: this.#status });
      at = end + HEAD_END.length;
    }
  }
}

function lengthIn(
  bytes: Buffer,
  { from, end, status }: { from: number; end: number; status: number },
): number {
  const at = bytes.indexOf(LENGTH, from);
  if (at >= 0 && at < end) return numberAt(bytes, at + LENGTH.length);
  if (status === 204 || status === 304) return 0;
  throw new Error(`An answer without its length: ${bytes.toString("latin1", from, end)}`);
}

function numberAt(bytes: Buffer, from: number): number {
  let number = 0;
  for (let at = from; at < bytes.length; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  return number;
}
