import type { Migration } from '../migration.js';

/** An operator's order to reconcile a day again with a file of another content, or one that is closed. */
export const reconciliationOrders: Migration = {
  name: '0062-reconciliation-orders',
  up(schema) {
    schema.createTable('recon_orders', (t) => {
      t.text('unit', 16);
      t.day('day');
      t.code('sha256', 64);
      t.text('ordered_by', 100);
      t.text('reason', 500);
      t.moment('ordered_at');
      t.primary('recon_orders_pk', ['unit', 'day', 'sha256']);
    });
    // When its file was ours: it cannot know of payments after it.
    schema.addColumns('recon_runs', (t) => t.moment('file_at', { optional: true }));
  },
  down(schema) {
    schema.dropColumns('recon_runs', 'file_at');
    schema.dropTable('recon_orders');
  },
};
