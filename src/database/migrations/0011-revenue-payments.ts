import type { Migration } from '../migration.js';

/**
 * Serials, payments, refunds (spec money.md "Payment"). No foreign keys to customers or bills: they would lock and look up on the hot path,
 * customers and bills are never deleted, and `sluice verify` proves the references.
 */
export const revenuePayments: Migration = {
  name: '0011-revenue-payments',
  up(schema) {
    schema.createTable('serials', (t) => {
      t.text('unit', 16);
      t.text('serial', 32);
      t.code('state', 10);
      t.code('payment_no', 24, { optional: true });
      t.code('content_hash', 64, { optional: true });
      t.code('refusal', 32, { optional: true });
      t.moment('claimed_at');
      t.moment('changed_at');
      t.primary('serials_pk', ['unit', 'serial']);
      t.check(
        'serials_state_ck',
        "(state in ('booked', 'freed', 'suspense', 'returned') and payment_no is not null) or " +
          "(state in ('refused', 'void') and payment_no is null)",
      );
    });
    schema.createTable('payments', (t) => {
      t.code('payment_no', 24);
      t.text('unit', 16);
      t.text('serial', 32, { optional: true });
      t.text('customer', 20);
      t.code('channel', 10);
      t.code('state', 10);
      t.day('booking_day');
      t.moment('received_at');
      t.moment('booked_at');
      t.fen('amount');
      t.fen('principal');
      t.fen('late_fee');
      t.fen('prepaid_change');
      t.fen('balance_after');
      t.text('fund_number', 32, { optional: true });
      t.text('pay_mode', 8, { optional: true });
      t.text('remark', 200, { optional: true });
      t.text('ordered_by', 100, { optional: true });
      t.code('replaces', 24, { optional: true });
      t.primary('payments_pk', ['payment_no']);
      t.index('payments_customer_ix', ['unit', 'customer', 'booking_day']);
      t.index('payments_day_ix', ['unit', 'booking_day', 'channel']);
      t.check('payments_amount_ck', 'amount > 0');
      t.check('payments_sum_ck', 'amount = principal + late_fee + prepaid_change');
      t.check('payments_state_ck', "state in ('booked', 'refunded', 'reversed')");
    });
    schema.createTable('refunds', (t) => {
      t.code('refund_no', 24);
      t.text('unit', 16);
      t.code('kind', 10);
      t.code('payment_no', 24);
      t.text('refund_serial', 40);
      t.text('customer', 20);
      t.fen('amount');
      t.fen('principal');
      t.fen('late_fee');
      t.fen('prepaid_change');
      t.fen('balance_after');
      t.day('booking_day');
      t.moment('received_at');
      t.moment('booked_at');
      t.text('ordered_by', 100, { optional: true });
      t.primary('refunds_pk', ['refund_no']);
      t.unique('refunds_payment_uq', ['payment_no']);
      t.unique('refunds_serial_uq', ['unit', 'refund_serial']);
      t.index('refunds_customer_ix', ['unit', 'customer', 'booking_day']);
      t.index('refunds_day_ix', ['unit', 'booking_day']);
      t.check('refunds_amount_ck', 'amount < 0');
      t.check('refunds_sum_ck', 'amount = principal + late_fee + prepaid_change');
      t.check('refunds_kind_ck', "kind in ('refund', 'reversal')");
    });
  },
  down(schema) {
    for (const table of ['refunds', 'payments', 'serials']) schema.dropTable(table);
  },
};
