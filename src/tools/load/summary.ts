/** What a load run says. */
import type { Sample } from './load.js';

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}
export interface LoadSummary {
  readonly exchanges: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Without an answer frame. */
  readonly failed: number;
  readonly resumed: number;
  /** Corrected for coordinated omission where the loop was open, ms. */
  readonly latencyMs: Percentiles;
  /** From the real start of each exchange, ms. */
  readonly serviceMs: Percentiles;
  readonly handshakeMs: Percentiles;
  readonly codes: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, { readonly count: number; readonly latencyMs: Percentiles }>>;
  /** One entry for each second of the run. */
  readonly overTime: readonly {
    readonly second: number;
    readonly finished: number;
    readonly p50: number;
    readonly p99: number;
  }[];
}

export function summarise(samples: readonly Sample[]): LoadSummary {
  const end = samples.reduce((max, one) => Math.max(max, one.dueMs + one.latencyMs), 0);
  const seconds = Math.max(end / 1000, 0.001);
  const byKind = Object.entries(Object.groupBy(samples, ({ kind }) => kind));
  return {
    exchanges: samples.length,
    seconds,
    perSecond: samples.length / seconds,
    failed: samples.filter(({ code }) => !/^\d{4}$/.test(code)).length,
    resumed: samples.filter(({ resumed }) => resumed).length,
    latencyMs: percentilesOf(samples.map(({ latencyMs }) => latencyMs)),
    serviceMs: percentilesOf(samples.map(({ serviceMs }) => serviceMs)),
    handshakeMs: percentilesOf(samples.map(({ handshakeMs }) => handshakeMs)),
    codes: countBy(samples.map(({ code }) => code)),
    kinds: Object.fromEntries(
      byKind.map(([kind, all = []]) => [
        kind,
        { count: all.length, latencyMs: percentilesOf(all.map(({ latencyMs }) => latencyMs)) },
      ]),
    ),
    overTime: overTimeOf(samples),
  };
}
const countBy = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};
/** Nearest rank; zeros where there is nothing. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: sorted.at(-1) ?? 0 };
}
function overTimeOf(samples: readonly Sample[]): LoadSummary['overTime'] {
  const seconds = Object.groupBy(samples, (one) => Math.floor((one.dueMs + one.latencyMs) / 1000));
  return Object.entries(seconds).map(([second, all = []]) => {
    const { p50, p99 } = percentilesOf(all.map(({ latencyMs }) => latencyMs));
    return { second: Number(second), finished: all.length, p50, p99 };
  });
}
