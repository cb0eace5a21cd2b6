/* The table of threats in docs/security.md names a test for each, and each of these tests is there. */
import { expect } from 'chai';
import { expectProved, provedRows } from './support/proofs.js';

const rows = provedRows('security.md', /^T\d+$/);

describe('the threats of docs/security.md', () => {
  it('are numbered without a gap', () => {
    expect(rows.map(({ id }) => id)).to.deep.equal(rows.map((_, i) => `T${i + 1}`));
    expect(rows.length).to.be.greaterThan(20);
  });
  for (const row of rows) it(`${row.id}: ${row.title}`, () => expectProved(row));
});
