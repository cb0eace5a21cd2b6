import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { defaultUnitDialect, type UnitDialect } from '../../src/protocol/dialect.js';
import { defaultRules } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { lateFeeTable } from './docs/late-fee-examples.js';
import { ledgerTable, promisesTable } from './docs/ledger-examples.js';
import { paymentTable } from './docs/payment-examples.js';

/** Every value that decides which bills are settled, and as of when. */
const allocationSettings = {
  amountRule: ['atLeastDue', 'exact', 'any'],
  billsChosen: ['oldestFirst', 'byId'],
  prepaidNetted: [true, false],
  lockPolicy: ['allow', 'reject1006', 'hide'],
  lateFeeAsOf: ['bankDate', 'receivedDate'],
} as const satisfies {
  readonly [name in
    | 'amountRule'
    | 'billsChosen'
    | 'prepaidNetted'
    | 'lockPolicy'
    | 'lateFeeAsOf']: readonly UnitDialect[name][];
};

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
  it('works an example of each setting of late fee and allocation', () => {
    const shown = lateFeeTable() + paymentTable();
    for (const [name, given] of Object.entries(defaultRules.lateFee)) {
      expect(shown, name).to.contain(`\`${name}: `);
      expect(shown, `${name}: another value than the default`).to.match(
        new RegExp(`\`${name}: "?(?!${String(given)}\\b)`),
      );
    }
    for (const [name, values] of Object.entries(allocationSettings))
      for (const value of values)
        if (defaultUnitDialect[name as keyof typeof allocationSettings] !== value)
          expect(shown).to.contain(`\`${name}: ${value}\``);
  });
  it('lists what verify proves', () => compare('promises', promisesTable()));
});
eachDatabase('docs/money.md on a database', (db) => {
  it('shows the ledger as it is posted', async () => compare('ledger', await ledgerTable(db())));
});
