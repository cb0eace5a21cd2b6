import type { Migration } from '../migration.js';

/** What is wrong now and was told to somebody (alarm.ts): one row while it lasts, so that one of several nodes tells it, once. */
export const alarmTable: Migration = {
  name: '0061-alarms',
  up(schema) {
    schema.createTable('alarms', (t) => {
      t.text('kind', 40);
      t.text('subject', 120);
      t.text('unit', 16);
      t.text('detail', 500);
      t.moment('since_at');
      // When it was told last; 0 = not yet, or nobody could be reached.
      t.moment('told_at');
      t.primary('alarms_pk', ['kind', 'subject']);
    });
  },
  down(schema) {
    schema.dropTable('alarms');
  },
};
