/**
 * Chance with a seed: the same seed makes the same choices, so that a run can
 * be repeated. The generator is mulberry32 by Tommy Ettinger (public domain,
 * gist.github.com/tommyettinger/46a874533244883189143505d203312c): 32 bits of
 * state, good enough to pick toys, and no secret.
 */
const STEP = 0x6d2b79f5;
/** 2^32 divided by the golden ratio: spreads neighbouring streams over the whole state. */
const STREAM_STRIDE = 0x9e3779b9;

/** Draws evenly from [0, 1). Each stream of one seed is a sequence of its own. */
export function createRandom(seed: number, stream = 0): () => number {
  let state = (seed + Math.imul(stream, STREAM_STRIDE)) >>> 0;
  return function random(): number {
    state = (state + STEP) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
