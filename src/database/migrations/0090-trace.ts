import type { Migration } from '../migration.js';

/** Ways to find a payment from whatever an operator has in hand (`sluice trace`). File lines are not kept here: the file itself is searched. */
const indexes = [
  ['deduct_items', 'deduct_items_bill_ix', ['unit', 'bill']],
  ['existing_serials', 'existing_customer_ix', ['unit', 'customer']],
  ['suspense_items', 'suspense_customer_ix', ['unit', 'customer']],
  ['file_notices', 'file_notices_message_ix', ['message_id']],
] as const;

export const trace: Migration = {
  name: '0090-trace',
  up(schema) {
    for (const [table, index, columns] of indexes) schema.addIndex(table, index, columns);
  },
  down(schema) {
    for (const [table, index] of [...indexes].reverse()) schema.dropIndex(table, index);
  },
};
