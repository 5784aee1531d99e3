/** Promises by number: who asked waits here until the replica's effects name the number again. */

interface Waiter {
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

export class PendingReplies {
  #waiting = new Map<number, Waiter>();
  #last = 0;

  /** Asks under a new number and waits for it to be settled, once. */
  wait<T>(ask: (token: number) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const token = ++this.#last;
      this.#waiting.set(token, { resolve, reject });
      ask(token);
    });
  }

  resolve(token: number, value: unknown): void {
    this.#take(token)?.resolve(value as never);
  }

  reject(token: number, error: unknown): void {
    this.#take(token)?.reject(error);
  }

  rejectAll(error: unknown): void {
    for (const token of [...this.#waiting.keys()]) this.reject(token, error);
  }

  #take(token: number): Waiter | undefined {
    const waiter = this.#waiting.get(token);
    this.#waiting.delete(token);
    return waiter;
  }
}
