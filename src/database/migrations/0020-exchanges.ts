import type { Migration } from '../migration.js';

/** The exchange log: one row for every request answered. */
export const exchanges: Migration = {
  name: '0020-exchanges',
  up(schema) {
    schema.createTable('exchanges', (t) => {
      t.text('id', 36);
      t.moment('at_ms');
      t.day('day');
      t.text('peer', 64);
      t.text('address', 64, { optional: true });
      t.text('unit', 16, { optional: true });
      t.text('service', 6);
      t.text('message_id', 36, { optional: true });
      t.text('serial', 32, { optional: true });
      t.text('customer', 32, { optional: true });
      t.text('result_code', 4);
      t.text('reason', 500, { optional: true });
      t.count('duration_ms');
      t.longText('request', { optional: true });
      t.longText('answer', { optional: true });
      t.primary('exchanges_pk', ['id']);
      t.index('exchanges_at', ['at_ms']);
      t.index('exchanges_serial', ['serial']);
      t.index('exchanges_customer', ['customer']);
      t.index('exchanges_message', ['message_id']);
    });
  },
  down(schema) {
    schema.dropTable('exchanges');
  },
};
