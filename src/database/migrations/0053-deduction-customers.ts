import type { Migration } from '../migration.js';

/** A run asks for each chunk of customers what it has of them already: without this it read the whole batch each time. */
export const deductionCustomers: Migration = {
  name: '0053-deduction-customers',
  up(schema) {
    schema.addIndex('deduct_items', 'deduct_items_run_ix', ['batch_id', 'customer']);
  },
  down(schema) {
    // MariaDB needs an index for the foreign key, and the unique one on (batch_id, item_no) is there for it.
    schema.dropIndex('deduct_items', 'deduct_items_run_ix');
  },
};
