/** Pages that name a test for each row of a table: `file` “words of the test's name”, several separated by semicolons. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..', '..');

export interface ProvedRow {
  readonly id: string;
  /** The cell behind the number. */
  readonly title: string;
  /** The last cell. */
  readonly proof: string;
}
/** The rows of the page's tables whose first cell matches. */
export function provedRows(page: string, id: RegExp): readonly ProvedRow[] {
  return readFileSync(join(root, 'docs', page), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter(([first = '']) => id.test(first))
    .map((cells) => ({ id: cells[0] ?? '', title: cells[1] ?? '', proof: cells.at(-1) ?? '' }));
}
/** Fails when the proof names no test, or one that is not there. */
export function expectProved({ proof }: ProvedRow): void {
  const named = [...proof.matchAll(/`(test\/[\w/.-]+)` “([^”]+)”/g)];
  expect(named).to.not.deep.equal([]);
  for (const [, file = '', name = ''] of named) {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text.includes(name), `${file} has no test "${name}"`).to.equal(true);
  }
}
