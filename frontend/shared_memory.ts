/** What the owner and the HTTP threads of a front-end share, beside messages. */
import { Epochs, EPOCHS_BYTES } from "./cache/epochs.ts";
import { SHARED_LEASE_BYTES, SharedLease } from "./cache/shared_lease.ts";
import { threadCountsBytes } from "./cache/thread_counts.ts";

/** Survives a structured clone; the buffers stay the same ones. */
export interface SharedMemory {
  epochs: SharedArrayBuffer;
  lease: SharedArrayBuffer;
  counts: SharedArrayBuffer;
}

export function makeSharedMemory(threads: number): SharedMemory {
  return {
    epochs: new SharedArrayBuffer(EPOCHS_BYTES),
    lease: new SharedArrayBuffer(SHARED_LEASE_BYTES),
    counts: new SharedArrayBuffer(threadCountsBytes(threads)),
  };
}

export function viewsOf(memory: SharedMemory): { epochs: Epochs; lease: SharedLease } {
  return { epochs: new Epochs(memory.epochs), lease: new SharedLease(memory.lease) };
}
