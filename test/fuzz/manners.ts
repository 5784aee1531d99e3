/** How bytes are sent: whole, in pieces, slowly, and how the client goes: at every point. */
import type { Random } from "../simulation/random.ts";
import type { Step } from "./input.ts";

export interface Manner {
  manner: string;
  steps: Step[];
  leaves: boolean;
}

const PIECES_MAX = 12;
const PAUSE_MAX_MS = 4;

export function applyManner(random: Random, bytes: Buffer): Manner {
  const drawn = random.below(100);
  if (drawn < 55) return { manner: "whole", steps: [send(bytes)], leaves: false };
  if (drawn < 63) return { manner: "pieces", steps: pieces(random, bytes, 0), leaves: false };
  if (drawn < 68) {
    return { manner: "slow", steps: pieces(random, bytes, PAUSE_MAX_MS), leaves: false };
  }
  if (drawn < 78) {
    return { manner: "half-closed", steps: [send(bytes), { do: "end" }], leaves: false };
  }
  const gone = random.chance(0.6) ? "reset" : "leave";
  const { point, steps } = drawPoint(random, bytes);
  return { manner: `${gone}-${point}`, steps: [...steps, { do: gone }], leaves: true };
}

/** Where a client that goes has got to. */
function drawPoint(random: Random, bytes: Buffer): { point: string; steps: Step[] } {
  const line = Math.max(0, bytes.indexOf("\r\n"));
  const head = Math.max(line, bytes.indexOf("\r\n\r\n"));
  const between = (from: number, to: number) => from + random.below(Math.max(1, to - from));
  const upTo = (end: number): Step[] => {
    const sent: Step[] = [send(bytes.subarray(0, end))];
    return random.chance(0.5) ? [...sent, { do: "pause", ms: 1 + random.below(5) }] : sent;
  };
  switch (random.below(6)) {
    case 0: return { point: "before", steps: [] };
    case 1: return { point: "line", steps: upTo(between(0, line)) };
    case 2: return { point: "headers", steps: upTo(between(line, head)) };
    case 3: return { point: "body", steps: upTo(between(head, bytes.length)) };
    case 4: return { point: "after", steps: upTo(bytes.length) };
    default: return { point: "answer", steps: [send(bytes), { do: "await" }] };
  }
}

function pieces(random: Random, bytes: Buffer, pauseMaxMs: number): Step[] {
  const count = 2 + random.below(PIECES_MAX);
  const cuts = Array.from({ length: count - 1 }, () => random.below(bytes.length + 1));
  const ends = [...cuts.sort((a, b) => a - b), bytes.length];
  let from = 0;
  return ends.flatMap((end): Step[] => {
    const piece = send(bytes.subarray(from, end));
    from = end;
    return pauseMaxMs === 0 ? [piece, { do: "pause", ms: 0 }]
      : [piece, { do: "pause", ms: 1 + random.below(pauseMaxMs) }];
  });
}

function send(bytes: Buffer): Step {
  return { do: "send", bytes };
}
