import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { eachDatabase } from '../support/databases.js';
import { lateFeeTable } from './docs/late-fee-examples.js';
import { ledgerTable, promisesTable } from './docs/ledger-examples.js';
import { paymentTable } from './docs/payment-examples.js';

const FILE = 'docs/money.md';

/** Each table stands between `<!-- computed NAME -->` and `<!-- end -->`; `SLUICE_WRITE_DOCS=1` writes them. */
function compare(name: string, table: string): void {
  const text = readFileSync(FILE, 'utf8');
  const place = new RegExp(`(<!-- computed ${name} -->\n)[^]*?(\n<!-- end -->)`);
  expect(text).to.match(place);
  const right = text.replace(place, (_all, begin: string, end: string) => begin + table + end);
  if (process.env.SLUICE_WRITE_DOCS === '1') writeFileSync(FILE, right);
  else expect(right, `${FILE} is stale: run its test with SLUICE_WRITE_DOCS=1`).to.equal(text);
}

describe('docs/money.md', () => {
  it('shows late fees as the code computes them', () => compare('late-fee', lateFeeTable()));
  it('shows payments as the code decides them', () => compare('payment', paymentTable()));
  it('lists what verify proves', () => compare('promises', promisesTable()));
});
eachDatabase('docs/money.md on a database', (db) => {
  it('shows the ledger as it is posted', async () => compare('ledger', await ledgerTable(db())));
});
