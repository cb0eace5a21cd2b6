import type { Migration } from '../migration.js';

/** Our files for the platform, and every attempt to announce them (spec files.md "Notices"). */
export const outgoingFiles: Migration = {
  name: '0041-outgoing-files',
  up(schema) {
    schema.createTable('outgoing_files', (t) => {
      t.code('file_id', 36);
      t.text('unit', 16);
      t.code('file_type', 8);
      // The day whose data it carries; the name carries the day of generation.
      t.day('data_day');
      t.count('run_no');
      t.text('file_name', 128);
      t.code('state', 12);
      t.code('sha256', 64, { optional: true });
      t.fen('byte_count', { optional: true });
      t.fen('line_count', { optional: true });
      t.fen('amount', { optional: true });
      t.text('place', 128, { optional: true });
      t.text('detail', 500, { optional: true });
      t.text('ordered_by', 100);
      t.moment('ordered_at');
      t.moment('written_at', { optional: true });
      t.moment('published_at', { optional: true });
      t.moment('noticed_at', { optional: true });
      t.count('notice_attempts');
      t.count('attempts');
      t.moment('retry_at');
      t.text('claimed_by', 100, { optional: true });
      t.moment('claimed_until');
      t.primary('outgoing_files_pk', ['file_id']);
      t.unique('outgoing_files_run_uq', ['unit', 'file_type', 'data_day', 'run_no']);
      t.unique('outgoing_files_name_uq', ['unit', 'file_name', 'run_no']);
      t.index('outgoing_files_state_ix', ['state', 'retry_at']);
      t.index('outgoing_files_ordered_ix', ['ordered_at']);
      t.check(
        'outgoing_files_state_ck',
        "state in ('generating', 'written', 'published', 'verified', 'noticed', 'failed', 'empty', 'withdrawn')",
      );
    });
    schema.createTable('file_notices', (t) => {
      t.code('file_id', 36);
      t.count('attempt_no');
      t.text('message_id', 36);
      t.code('service_code', 6);
      t.text('target', 128);
      t.moment('sent_at');
      t.count('duration_ms', { optional: true });
      // What the platform answered, or what kept it from answering; neither: the node died while it waited.
      t.text('result_code', 16, { optional: true });
      t.text('detail', 500, { optional: true });
      t.primary('file_notices_pk', ['file_id', 'attempt_no']);
    });
  },
  down(schema) {
    schema.dropTable('file_notices');
    schema.dropTable('outgoing_files');
  },
};
