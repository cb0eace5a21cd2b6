import type { Migration } from '../migration.js';

/** Units, customers, accounts, bills with their lines (spec money.md). */
export const revenueCustomers: Migration = {
  name: '0010-revenue-customers',
  up(schema) {
    schema.createTable('clearing_units', (t) => {
      t.text('unit', 16);
      t.text('name', 100, { optional: true });
      t.text('short_name', 40, { optional: true });
      t.primary('clearing_units_pk', ['unit']);
    });
    schema.createTable('customers', (t) => {
      t.text('unit', 16);
      t.text('customer', 20);
      t.text('name', 100, { optional: true });
      t.text('address', 200, { optional: true });
      t.text('office', 16, { optional: true });
      t.text('office_name', 100, { optional: true });
      t.text('customer_class', 16, { optional: true });
      t.text('mobile', 20, { optional: true });
      t.text('id_card', 32, { optional: true });
      t.text('contact', 100, { optional: true });
      t.text('province_code', 16, { optional: true });
      t.text('province_name', 40, { optional: true });
      t.text('city_code', 16, { optional: true });
      t.text('city_name', 40, { optional: true });
      t.text('county_code', 16, { optional: true });
      t.text('old_customer', 32, { optional: true });
      t.primary('customers_pk', ['unit', 'customer']);
      t.foreign('customers_unit_fk', ['unit'], 'clearing_units', ['unit']);
      t.index('customers_mobile_ix', ['unit', 'mobile']);
      t.index('customers_id_card_ix', ['unit', 'id_card']);
      t.index('customers_old_ix', ['unit', 'old_customer']);
    });
    // Apart from the customer: this is the row that money locks, and it stays narrow.
    schema.createTable('accounts', (t) => {
      t.text('unit', 16);
      t.text('customer', 20);
      t.code('state', 10);
      t.flag('late_fee_exempt');
      t.fen('prepaid');
      t.moment('changed_at');
      t.primary('accounts_pk', ['unit', 'customer']);
      t.foreign('accounts_customer_fk', ['unit', 'customer'], 'customers', ['unit', 'customer']);
      t.check('accounts_state_ck', "state in ('active', 'unpayable', 'closed')");
    });
    schema.createTable('bills', (t) => {
      t.text('unit', 16);
      t.text('bill', 32);
      t.text('customer', 20);
      t.month('bill_month');
      t.code('fee_kind', 2);
      t.code('state', 8);
      t.fen('principal');
      t.fen('received');
      t.fen('received_late_fee');
      t.code('settled_by', 24, { optional: true });
      t.day('settled_on', { optional: true });
      t.day('issued_on');
      t.day('late_fee_from');
      t.flag('late_fee_exempt');
      // A fee that the utility reduced or agreed; and the fee as it stands in a deduction request that is out.
      t.fen('late_fee_fixed', { optional: true });
      t.fen('late_fee_frozen', { optional: true });
      // The deduction batch that has it out, if any.
      t.text('locked_by', 32, { optional: true });
      t.text('volume', 20, { optional: true });
      t.text('year_volume', 20, { optional: true });
      t.text('previous_reading', 20, { optional: true });
      t.text('current_reading', 20, { optional: true });
      t.text('multiplier', 20, { optional: true });
      t.day('previous_read_day', { optional: true });
      t.day('current_read_day', { optional: true });
      t.flag('tiered');
      t.primary('bills_pk', ['unit', 'bill']);
      t.foreign('bills_customer_fk', ['unit', 'customer'], 'customers', ['unit', 'customer']);
      // In the order in which bills are settled, so that nothing is sorted on the hot path.
      t.index('bills_customer_ix', ['unit', 'customer', 'state', 'bill_month', 'bill']);
      t.index('bills_issued_ix', ['unit', 'issued_on', 'bill']);
      t.index('bills_locked_ix', ['locked_by']);
      t.check('bills_principal_ck', 'principal > 0');
      t.check(
        'bills_whole_ck',
        "(state = 'open' and received = 0 and settled_by is null) or " +
          "(state = 'settled' and received = principal and settled_by is not null)",
      );
    });
    schema.createTable('bill_lines', (t) => {
      t.text('unit', 16);
      t.text('bill', 32);
      t.code('part', 2);
      t.count('line_no');
      t.text('content', 1000);
      t.primary('bill_lines_pk', ['unit', 'bill', 'part', 'line_no']);
      t.foreign('bill_lines_bill_fk', ['unit', 'bill'], 'bills', ['unit', 'bill']);
    });
  },
  down(schema) {
    for (const table of ['bill_lines', 'bills', 'accounts', 'customers', 'clearing_units']) {
      schema.dropTable(table);
    }
  },
};
