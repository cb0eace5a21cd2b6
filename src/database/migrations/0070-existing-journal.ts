import type { Migration } from '../migration.js';

/**
 * The gateway's own journal beside a revenue schema that the utility already has (docs/integration.md): what was asked of it under which serial,
 * and what became of it. It decides who may call, and tells after a crash what has to be asked.
 */
export const existingJournal: Migration = {
  name: '0070-existing-journal',
  up(schema) {
    schema.createTable('existing_serials', (t) => {
      t.text('unit', 16);
      t.text('serial', 32);
      // As it stands in their table, whose column may be too short for ours.
      t.text('their_serial', 40);
      t.code('state', 10);
      t.code('kind', 12);
      // What to go back to when a supplement turns out not to have happened.
      t.code('prior_state', 10, { optional: true });
      t.code('content_hash', 64, { optional: true });
      t.code('refusal', 30, { optional: true });
      t.text('customer', 20, { optional: true });
      t.fen('amount', { optional: true });
      t.day('booking_day', { optional: true });
      t.text('payment_no', 40, { optional: true });
      // Names one call, so that only who made it or the resolver settles it.
      t.code('attempt', 24, { optional: true });
      // After this moment the call cannot be running any more.
      t.moment('unsure_until', { optional: true });
      t.moment('claimed_at');
      t.moment('changed_at');
      t.primary('existing_serials_pk', ['unit', 'serial']);
      t.unique('existing_their_serial_uq', ['unit', 'their_serial']);
      t.index('existing_serials_state', ['state', 'unsure_until']);
      t.check('existing_serials_state_ck', "state in ('calling', 'booked', 'refused', 'void', 'freed')");
    });
    schema.createTable('existing_refunds', (t) => {
      t.text('unit', 16);
      t.text('payment_no', 40);
      t.text('serial', 32);
      // The refund's own serial, or `payment:` and the payment number: null would be one value for all on Oracle.
      t.text('refund_key', 60);
      t.code('kind', 10);
      t.code('state', 10);
      t.text('refund_no', 40);
      t.code('attempt', 24);
      t.moment('unsure_until');
      t.moment('claimed_at');
      t.moment('changed_at');
      t.primary('existing_refunds_pk', ['unit', 'payment_no']);
      t.unique('existing_refund_key_uq', ['unit', 'refund_key']);
      t.index('existing_refunds_state', ['state', 'unsure_until']);
      t.check('existing_refunds_state_ck', "state in ('calling', 'done')");
    });
    schema.createTable('existing_bindings', (t) => {
      t.text('unit', 16);
      t.text('customer', 20);
      t.flag('bound');
      t.moment('changed_at');
      t.primary('existing_bindings_pk', ['unit', 'customer']);
    });
  },
  down(schema) {
    schema.dropTable('existing_bindings');
    schema.dropTable('existing_refunds');
    schema.dropTable('existing_serials');
  },
};
