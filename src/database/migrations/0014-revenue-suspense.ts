import type { Migration } from '../migration.js';

/**
 * Money that the platform proves and that belongs to nobody we know (spec money.md "T+1 reconciliation"), and the bookings of the platform as
 * reconciliation compares them: with the customer that the platform named.
 */
export const revenueSuspense: Migration = {
  name: '0014-revenue-suspense',
  up(schema) {
    schema.createTable('suspense_items', (t) => {
      t.code('entry_no', 24);
      t.text('unit', 16);
      t.text('serial', 32);
      // As the platform gave it; no such customer here.
      t.text('customer', 20);
      t.fen('amount');
      t.day('booking_day');
      t.moment('received_at');
      t.moment('booked_at');
      t.text('ordered_by', 100, { optional: true });
      t.code('state', 10);
      // The payment it became, or the entry that gave it back.
      t.code('resolved_by', 24, { optional: true });
      t.text('resolved_for', 100, { optional: true });
      t.moment('resolved_at', { optional: true });
      t.primary('suspense_items_pk', ['entry_no']);
      t.index('suspense_items_ix', ['unit', 'state', 'booking_day']);
      t.index('suspense_resolved_ix', ['resolved_by']);
      t.check('suspense_items_amount_ck', 'amount > 0');
      t.check(
        'suspense_items_state_ck',
        "(state = 'held' and resolved_by is null) or (state in ('assigned', 'returned') and resolved_by is not null)",
      );
    });
    schema.run(`create view platform_bookings as
      select p.unit, p.booking_day, p.serial, coalesce(s.customer, p.customer) as customer, p.amount, p.payment_no, p.state
      from payments p left join suspense_items s on s.resolved_by = p.payment_no
      where p.channel = 'platform'
      union all
      select unit, booking_day, serial, customer, amount, entry_no as payment_no,
        case when state = 'held' then 'booked' else 'refunded' end as state
      from suspense_items where state <> 'assigned'`);
  },
  down(schema) {
    schema.run('drop view platform_bookings');
    schema.dropTable('suspense_items');
  },
};
