/** What the owner and the HTTP threads of a front-end share, beside messages. */
import { Epochs, epochsBytes } from "./epochs.ts";
import { SHARED_LEASE_BYTES, SharedLease } from "./shared_lease.ts";
import { threadCountsBytes } from "./thread_metrics.ts";

/** Survives a structured clone; the buffers stay the same ones. */
export interface SharedMemory {
  epochs: SharedArrayBuffer;
  lease: SharedArrayBuffer;
  counts: SharedArrayBuffer;
}

/** @param nameSlots of the epochs, a power of two; as many as a front-end has when missing */
export function makeSharedMemory(threads: number, nameSlots?: number): SharedMemory {
  return {
    epochs: new SharedArrayBuffer(epochsBytes(nameSlots)),
    lease: new SharedArrayBuffer(SHARED_LEASE_BYTES),
    counts: new SharedArrayBuffer(threadCountsBytes(threads)),
  };
}

export function viewsOf(memory: SharedMemory): { epochs: Epochs; lease: SharedLease } {
  return { epochs: new Epochs(memory.epochs), lease: new SharedLease(memory.lease) };
}
