import type { Migration } from '../migration.js';

/** Batch deduction, second part: the file of a run is one of our exchange files; runs by schedule; lines of results that were not taken. */
export const deductionOrders: Migration = {
  name: '0051-deduction-orders',
  up(schema) {
    schema.addColumns('deduct_batches', (t) => {
      t.code('outgoing_id', 36, { optional: true });
      t.text('bank_code', 20, { optional: true });
      t.count('tries_max', { optional: true });
      // The run whose failed bills this one takes again; absent: every eligible bill.
      t.code('retry_of', 24, { optional: true });
      t.text('ordered_by', 100, { optional: true });
      // When it was last said that its answer does not come.
      t.moment('warned_at', { optional: true });
    });
    schema.addIndex('deduct_batches', 'deduct_batches_state_ix', ['state']);
    schema.createTable('deduct_plans', (t) => {
      t.text('unit', 16);
      // The day that the schedule names, before any shifting; or 'since': when this schedule began.
      t.code('plan_key', 8);
      t.text('schedule', 200);
      t.code('state', 8);
      t.code('batch_id', 24, { optional: true });
      t.moment('at_ms');
      // Exactly one run for each planned day, over all nodes.
      t.primary('deduct_plans_pk', ['unit', 'plan_key']);
      t.check('deduct_plans_state_ck', "state in ('since', 'run', 'covered', 'missed')");
    });
    schema.createTable('deduct_refused', (t) => {
      t.text('unit', 16);
      t.code('file_sha256', 64);
      t.count('line_no');
      t.code('batch_id', 24);
      t.text('det_id', 64, { optional: true });
      t.text('reason', 200);
      t.primary('deduct_refused_pk', ['unit', 'file_sha256', 'line_no']);
      t.index('deduct_refused_batch_ix', ['batch_id']);
    });
  },
  down(schema) {
    schema.dropTable('deduct_refused');
    schema.dropTable('deduct_plans');
    schema.dropIndex('deduct_batches', 'deduct_batches_state_ix');
    schema.dropColumns(
      'deduct_batches',
      ...['outgoing_id', 'bank_code', 'tries_max', 'retry_of', 'ordered_by', 'warned_at'],
    );
  },
};
