import type { Migration } from '../migration.js';

/** Batch deduction (spec money.md "Batch deduction"): runs, the lines of their requests with frozen amounts, and the results that came. */
export const deduction: Migration = {
  name: '0050-deduction',
  up(schema) {
    schema.createTable('deduct_batches', (t) => {
      t.code('batch_id', 24);
      t.text('unit', 16);
      t.day('run_day');
      t.code('state', 10);
      t.count('item_count');
      t.fen('item_sum');
      t.text('file_name', 128, { optional: true });
      t.code('file_sha256', 64, { optional: true });
      t.fen('file_bytes', { optional: true });
      t.text('note', 200, { optional: true });
      t.moment('created_at');
      t.moment('changed_at');
      t.primary('deduct_batches_pk', ['batch_id']);
      // Exactly one run of a unit on a day, over all nodes.
      t.unique('deduct_batches_day_uk', ['unit', 'run_day']);
      t.check(
        'deduct_batches_state_ck',
        "state in ('selecting', 'empty', 'locked', 'written', 'published', 'noticed', 'answered', 'released')",
      );
    });
    schema.createTable('deduct_items', (t) => {
      // Unique for ever: the batch, then the number of the line.
      t.code('det_id', 32);
      t.code('batch_id', 24);
      t.count('item_no');
      t.text('unit', 16);
      t.text('customer', 20);
      t.text('bill', 32);
      t.month('bill_month');
      t.text('volume', 20, { optional: true });
      t.text('bank_account', 64, { optional: true });
      t.fen('principal');
      t.fen('late_fee');
      t.fen('amount');
      t.code('outcome', 10);
      t.text('reason', 200, { optional: true });
      t.code('payment_no', 24, { optional: true });
      t.code('answer_sha256', 64, { optional: true });
      t.primary('deduct_items_pk', ['det_id']);
      t.unique('deduct_items_no_uk', ['batch_id', 'item_no']);
      t.unique('deduct_items_bill_uk', ['batch_id', 'bill']);
      t.index('deduct_items_customer_ix', ['unit', 'customer', 'outcome']);
      t.foreign('deduct_items_batch_fk', ['batch_id'], 'deduct_batches', ['batch_id']);
      t.check('deduct_items_amount_ck', 'amount > 0 and amount = principal + late_fee');
      t.check(
        'deduct_items_outcome_ck',
        "outcome in ('waiting', 'settled', 'prepaid', 'failed', 'conflict', 'released')",
      );
    });
    schema.createTable('deduct_answers', (t) => {
      t.text('unit', 16);
      t.code('file_sha256', 64);
      t.text('file_name', 128);
      t.code('batch_id', 24);
      t.code('state', 10);
      t.moment('received_at');
      t.moment('changed_at');
      t.primary('deduct_answers_pk', ['unit', 'file_sha256']);
      t.index('deduct_answers_batch_ix', ['batch_id']);
      t.foreign('deduct_answers_batch_fk', ['batch_id'], 'deduct_batches', ['batch_id']);
      t.check('deduct_answers_state_ck', "state in ('applying', 'done')");
    });
  },
  down(schema) {
    for (const table of ['deduct_answers', 'deduct_items', 'deduct_batches']) schema.dropTable(table);
  },
};
