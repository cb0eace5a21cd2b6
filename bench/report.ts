/** Tables of the benchmarks: printed, and kept for bench/RESULTS.md. */
export interface BenchTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}
export const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;

/** As Markdown; a terminal shows it well enough. */
export function markdown({ title, head, rows, notes }: BenchTable): string {
  return [`## ${title}`, '', ...tableLines(head, rows), '', ...notes.map((note) => `${note}\n`)].join('\n');
}
function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)];
}

/** What a benchmark aimed at. */
export interface Goal {
  readonly what: string;
  readonly measured: number;
  readonly atMost?: number;
  readonly atLeast?: number;
}
/** One line that the runner finds again: `goal: WHAT | ≤ 2 | 1.87 | met`. */
export function goalLine({ what, measured, atMost, atLeast }: Goal): string {
  const met = (atMost === undefined || measured <= atMost) && (atLeast === undefined || measured >= atLeast);
  const goal = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return `goal: ${what} | ${goal} | ${measured.toFixed(2)} | ${met ? 'met' : 'not met'}`;
}

/** @returns rows of the summary: benchmark, what, goal, measured, met */
export const goalsIn = (name: string, text: string): string[][] =>
  [...text.matchAll(/^goal: (.+)$/gm)].map(([, said = '']) => [name, ...said.split(' | ')]);
export const summaryOf = (goals: readonly (readonly string[])[]): string =>
  ['## Goals', '', ...tableLines(['benchmark', 'what', 'goal', 'measured', ''], goals)].join('\n');
