import type { Migration } from '../migration.js';

/** Where a refused line of a deduction result stood. What alarms remember is in their own table. */
export const deductionRefusals: Migration = {
  name: '0052-deduction-refusals',
  up(schema) {
    schema.dropColumns('deduct_batches', 'warned_at');
    schema.addColumns('deduct_refused', (t) => {
      t.text('file_name', 128, { optional: true });
    });
  },
  down(schema) {
    schema.dropColumns('deduct_refused', 'file_name');
    schema.addColumns('deduct_batches', (t) => {
      t.moment('warned_at', { optional: true });
    });
  },
};
