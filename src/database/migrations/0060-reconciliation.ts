import type { DialectWords } from '../database.js';
import type { Migration } from '../migration.js';

/** T+1 reconciliation (spec money.md): days, runs, differences. Keys are what they are about, so that nothing stands here twice. */
export const reconciliation: Migration = {
  name: '0060-reconciliation',
  up(schema) {
    schema.createTable('recon_days', (t) => {
      t.text('unit', 16);
      t.day('day');
      t.code('state', 10);
      // The latest run; 0 = none yet.
      t.count('run_no');
      t.moment('changed_at');
      t.moment('closed_at', { optional: true });
      // Who closed it by hand, and why; empty when its last difference did.
      t.text('closed_by', 100, { optional: true });
      t.text('close_reason', 500, { optional: true });
      t.moment('alarmed_at');
      t.text('claimed_by', 100, { optional: true });
      t.moment('claimed_until');
      t.primary('recon_days_pk', ['unit', 'day']);
      t.index('recon_days_state_ix', ['state', 'day']);
      t.check(
        'recon_days_state_ck',
        "state in ('open', 'received', 'compared', 'held', 'repaired', 'closed')",
      );
    });
    schema.createTable('recon_runs', (t) => {
      t.text('unit', 16);
      t.day('day');
      t.count('run_no');
      t.code('kind', 8);
      t.code('state', 10);
      t.text('file_name', 128, { optional: true });
      t.text('file_path', 400, { optional: true });
      t.code('sha256', 64);
      // How the file is read, as JSON, so that a run that is taken up again reads it alike.
      t.text('settings', 500);
      t.fen('line_count');
      t.fen('line_amount');
      t.fen('our_count');
      t.fen('our_amount');
      t.fen('found_count');
      t.text('ordered_by', 100);
      t.text('reason', 500, { optional: true });
      t.text('confirmed_by', 100, { optional: true });
      t.text('detail', 500, { optional: true });
      t.moment('started_at');
      t.moment('compared_at', { optional: true });
      t.moment('ended_at', { optional: true });
      t.primary('recon_runs_pk', ['unit', 'day', 'run_no']);
      t.index('recon_runs_state_ix', ['state']);
      t.check(
        'recon_runs_state_ck',
        "state in ('comparing', 'compared', 'held', 'repairing', 'done', 'refused')",
      );
    });
    schema.createTable('recon_differences', (t) => {
      t.text('unit', 16);
      t.day('day');
      t.text('serial', 32);
      t.count('run_no');
      t.code('class', 12);
      t.code('state', 12);
      t.code('outcome', 24, { optional: true });
      t.text('line_customer', 20, { optional: true });
      t.fen('line_amount', { optional: true });
      t.longText('line_detail', { optional: true });
      t.fen('line_no', { optional: true });
      t.text('our_customer', 20, { optional: true });
      t.fen('our_amount', { optional: true });
      // Before: our booking as the comparison saw it. After: the booking, reversal or suspense entry that the repair made.
      t.code('payment_before', 24, { optional: true });
      t.code('payment_after', 24, { optional: true });
      t.code('refund_no', 24, { optional: true });
      t.text('operator', 100, { optional: true });
      t.text('reason', 500, { optional: true });
      // Over what was decided, by whom, when and why: shows when one of them is changed afterwards.
      t.code('signature', 64, { optional: true });
      t.moment('found_at');
      t.moment('due_at');
      t.moment('changed_at');
      t.primary('recon_differences_pk', ['unit', 'day', 'serial', 'run_no']);
      t.index('recon_differences_run_ix', ['unit', 'day', 'run_no', 'state']);
      t.index('recon_differences_serial_ix', ['serial']);
      t.index('recon_differences_due_ix', ['state', 'due_at']);
      t.index('recon_differences_line_ix', ['unit', 'line_customer']);
      t.index('recon_differences_our_ix', ['unit', 'our_customer']);
      t.check(
        'recon_differences_state_ck',
        "state in ('open', 'repairing', 'suspense', 'listed', 'repaired', 'settled', 'closed', 'superseded')",
      );
    });
    // Where a transaction cannot make them without a commit, the temporary tables of the comparison are there for good; their rows never are.
    schema.run(
      onOracle(`recon_lines (serial varchar2(32 char), customer varchar2(20 char), amount number(19),
      detail clob, line_no number(19))`),
    );
    schema.run(
      onOracle(`recon_bookings (serial varchar2(32 char), customer varchar2(20 char), amount number(19),
      payment_no varchar2(24 char), state varchar2(10 char))`),
    );
  },
  down(schema) {
    schema.run(({ client }) => (client === 'oracle' ? 'drop table recon_bookings' : ''));
    schema.run(({ client }) => (client === 'oracle' ? 'drop table recon_lines' : ''));
    for (const table of ['recon_differences', 'recon_runs', 'recon_days']) schema.dropTable(table);
  },
};

const onOracle =
  (table: string) =>
  ({ client }: DialectWords): string =>
    client === 'oracle' ? `create global temporary table ${table} on commit delete rows` : '';
