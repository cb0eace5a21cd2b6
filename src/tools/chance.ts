/** Chance that repeats: the same seed gives the same run, on every machine. */
import type { Ids } from '../clock.js';

/** The generator mulberry32: good enough for scenarios, never for anything secret. Gives 0 … below 1. */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Names out of the same chance: a run with the same seed sends the same serials and message ids. */
export function seededIds(chance: () => number): Ids {
  const digits = (count: number) => Array.from({ length: count }, () => Math.floor(chance() * 10)).join('');
  const bytes = (count: number) =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(chance() * 256)));
  return {
    digits,
    bytes,
    uuid: () =>
      bytes(16)
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  };
}
