import type { Migration } from '../migration.js';

const accounts = ['clearing', 'receivables', 'late_fee_income', 'prepaid', 'suspense'] as const;

/**
 * The double-entry ledger (spec money.md "Ledger"). An entry is one row with one amount for each account, so that the database itself can
 * refuse one that does not sum to zero; the view shows it as lines.
 */
export const revenueLedger: Migration = {
  name: '0012-revenue-ledger',
  up(schema) {
    schema.createTable('ledger_entries', (t) => {
      t.code('entry_no', 24);
      t.text('unit', 16);
      t.text('customer', 20, { optional: true });
      t.code('kind', 12);
      t.day('booking_day');
      t.moment('booked_at');
      t.code('amends', 24, { optional: true });
      t.text('note', 200, { optional: true });
      for (const account of accounts) t.fen(account);
      t.primary('ledger_entries_pk', ['entry_no']);
      t.check('ledger_entries_zero_ck', `${accounts.join(' + ')} = 0`);
    });
    const lines = accounts.map(
      (account) =>
        `select entry_no, unit, customer, kind, booking_day, '${account}' as ledger_account, ${account} as amount
         from ledger_entries where ${account} <> 0`,
    );
    schema.run(`create view ledger_lines as ${lines.join('\nunion all\n')}`);
    schema.createTable('allocations', (t) => {
      t.code('entry_no', 24);
      t.text('unit', 16);
      t.text('bill', 32);
      t.fen('principal');
      t.fen('late_fee');
      t.primary('allocations_pk', ['entry_no', 'bill']);
      t.index('allocations_bill_ix', ['unit', 'bill']);
    });
  },
  down(schema) {
    schema.dropTable('allocations');
    schema.run('drop view ledger_lines');
    schema.dropTable('ledger_entries');
  },
};
