import type { Migration } from '../migration.js';

/** Bindings in the app and deduction agreements with their history (spec messages.md "200004", "200006", "200009"). */
export const revenueAgreements: Migration = {
  name: '0013-revenue-agreements',
  up(schema) {
    schema.createTable('bindings', (t) => {
      t.text('unit', 16);
      t.text('customer', 20);
      t.flag('bound');
      t.moment('changed_at');
      t.primary('bindings_pk', ['unit', 'customer']);
    });
    schema.createTable('agreements', (t) => {
      t.text('unit', 16);
      t.text('agreement_no', 64);
      t.text('customer', 20);
      t.code('state', 10);
      t.text('bank_code', 32, { optional: true });
      t.text('bank_name', 100, { optional: true });
      t.text('bank_account', 64, { optional: true });
      t.text('bank_account_name', 100, { optional: true });
      t.text('cert_type', 16, { optional: true });
      t.text('cert_number', 64, { optional: true });
      t.text('mobile', 32, { optional: true });
      t.text('email', 100, { optional: true });
      t.day('signed_on');
      t.moment('changed_at');
      t.primary('agreements_pk', ['unit', 'agreement_no']);
      t.index('agreements_customer_ix', ['unit', 'customer', 'state']);
      t.check('agreements_state_ck', "state in ('valid', 'cancelled')");
    });
    schema.createTable('agreement_history', (t) => {
      t.code('history_no', 24);
      t.text('unit', 16);
      t.text('agreement_no', 64);
      t.text('customer', 20);
      t.code('deal', 10);
      t.text('bank_code', 32, { optional: true });
      t.text('bank_account', 64, { optional: true });
      t.text('bank_account_name', 100, { optional: true });
      t.text('mobile', 32, { optional: true });
      t.moment('received_at');
      t.moment('changed_at');
      t.primary('agreement_history_pk', ['history_no']);
      t.index('agreement_history_ix', ['unit', 'agreement_no']);
    });
  },
  down(schema) {
    for (const table of ['agreement_history', 'agreements', 'bindings']) schema.dropTable(table);
  },
};
