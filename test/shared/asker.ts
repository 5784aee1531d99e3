/** One who waits until the test says that it is gone. */
import type { Asker } from "../../shared/threads/asker.ts";

export class FickleAsker implements Asker {
  isGone = false;
}

export function askers(count: number): FickleAsker[] {
  return Array.from({ length: count }, () => new FickleAsker());
}

/** All of them hang up, and whoever keeps what they asked for is told once. */
export function hangUp(gone: readonly FickleAsker[], queue: { dropGone: () => void }): void {
  for (const asker of gone) asker.isGone = true;
  queue.dropGone();
}
