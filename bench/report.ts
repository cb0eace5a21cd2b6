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
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(head.map((_, i) => (i === 0 ? '---' : '---:')));
  return [
    `## ${title}`,
    '',
    line(head),
    rule,
    ...rows.map(line),
    '',
    ...notes.map((note) => `${note}\n`),
  ].join('\n');
}
