/* Tables for a terminal. */
import { printable } from '../log.js';

// Hangul, CJK, full-width forms.
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
/** Columns that a text takes on a terminal: Chinese characters take two. */
export const terminalWidth = (text: string): number =>
  [...text].reduce((sum, char) => sum + (WIDE.test(char) ? 2 : 1), 0);

/** Lines of a table with a head; no more than one space of padding is left at a line's end. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => terminalWidth(row[column] ?? ''))));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => text + ' '.repeat((widths[column] ?? 0) - terminalWidth(text)))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}
