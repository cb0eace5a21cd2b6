/* docs/faults.md names a test for each fault of the catalogue, and each of these tests is there; what has none is said there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { expectProved, provedRows } from './support/proofs.js';

/** How far the catalogue numbers each kind. */
const numbered = { I: 9, C: 7, S: 14, M: 14, F: 11, R: 3, O: 7 };
const rows = provedRows('faults.md', /^[ICSMFRO]\d+$/);
const isOpen = ({ proof }: { readonly proof: string }) => proof === 'none';

describe('the faults of docs/faults.md', () => {
  it('are those of the catalogue, each once', () => {
    const all = Object.entries(numbered).flatMap(([kind, last]) =>
      Array.from({ length: last }, (_, i) => `${kind}${i + 1}`),
    );
    expect(rows.map(({ id }) => id)).to.deep.equal(all.filter((id) => id !== 'F6'));
  });
  for (const row of rows.filter((one) => !isOpen(one)))
    it(`${row.id}: ${row.title}`, () => expectProved(row));
  it('without a test of their own are explained', () => {
    const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'faults.md'), 'utf8');
    const [, explained = ''] = page.split('## Without a test of their own');
    for (const { id } of rows.filter(isOpen)) expect(explained).to.contain(`${id}: `);
  });
});
