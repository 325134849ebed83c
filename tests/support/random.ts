/**
 * Returns a generator of 32-bit numbers, Marsaglia's xorshift32. The same seed
 * gives the same numbers.
 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>>= 0;
  };
}
