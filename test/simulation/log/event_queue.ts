/**
 * What is to happen, by time: a binary heap. Events of one time come in the
 * order in which they were added, so that a seed always gives one history.
 */
import type { Answer } from "../../../shared/replication/core/messages.ts";
import type { Node } from "./node.ts";
import type { Ask } from "./world.ts";

export type EventKind =
  | "question"
  | "answer"
  | "deadline"
  | "disk"
  | "tick"
  | "use"
  | "crash"
  | "restart"
  | "pause"
  | "cut";

export interface Event {
  atMs: number;
  /** Set by the queue. */
  order: number;
  kind: EventKind;
  node: Node | null;
  /** Of the node, when the event was planned. */
  life: number;
  ask: Ask | null;
  answer: Answer | null;
}

export class EventQueue {
  #heap: Event[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(event: Event): void {
    event.order = this.#added++;
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  /** The earliest event; undefined when there is none. */
  take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, moved)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moved;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
