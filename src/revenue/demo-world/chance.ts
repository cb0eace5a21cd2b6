/** Chance that repeats: the same seed gives the same demo, on every machine. */
export interface Chance {
  /** 0 … below `count`. */
  below(count: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** The generator mulberry32: 32 bits of state, good enough to invent customers, never for anything secret. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (count: number): number => next() % count;
  return { below, pick: (from) => from[below(from.length)] ?? from[0] };
}
