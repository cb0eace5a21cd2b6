import type { Migration } from '../migration.js';

/** Files of the platform (spec files.md): one row for each content that was ever taken in, and what was done with each file, both ways. */
export const incomingFiles: Migration = {
  name: '0040-incoming-files',
  up(schema) {
    schema.createTable('incoming_files', (t) => {
      t.code('file_id', 36);
      t.text('unit', 16);
      t.code('file_type', 8);
      t.day('file_day');
      t.text('file_name', 128);
      // The name while this content is the one that counts under it; else the name with the id, so that the name is free.
      t.text('name_slot', 200);
      t.code('sha256', 64);
      t.fen('byte_count');
      t.code('source', 8);
      t.code('state', 12);
      t.code('verdict', 16, { optional: true });
      t.text('detail', 500, { optional: true });
      t.fen('line_count', { optional: true });
      t.fen('amount', { optional: true });
      t.fen('good_count', { optional: true });
      t.fen('good_amount', { optional: true });
      // Where it came from, and what it looked like there: a place whose files stay is not read twice.
      t.text('place', 128);
      t.text('place_stamp', 200, { optional: true });
      // Relative to the exchange root.
      t.text('stored_path', 400);
      t.flag('filed');
      t.moment('found_at');
      t.moment('stored_at');
      t.moment('checked_at', { optional: true });
      t.moment('announced_at', { optional: true });
      t.moment('finished_at', { optional: true });
      t.text('ordered_by', 100, { optional: true });
      t.count('attempts');
      t.moment('retry_at');
      t.text('claimed_by', 100, { optional: true });
      t.moment('claimed_until');
      t.primary('incoming_files_pk', ['file_id']);
      t.unique('incoming_files_content_uq', ['unit', 'file_type', 'file_day', 'sha256']);
      t.unique('incoming_files_name_uq', ['unit', 'name_slot']);
      t.index('incoming_files_name_ix', ['unit', 'file_name']);
      t.index('incoming_files_state_ix', ['state', 'filed']);
      t.index('incoming_files_found_ix', ['found_at']);
      t.check(
        'incoming_files_state_ck',
        "state in ('whole', 'parsed', 'processing', 'processed', 'refused', 'quarantined')",
      );
    });
    schema.createTable('file_steps', (t) => {
      t.code('step_id', 36);
      t.code('file_id', 36);
      t.moment('at_ms');
      t.count('step_no');
      t.code('step', 16);
      t.text('node', 100);
      t.text('detail', 500, { optional: true });
      t.primary('file_steps_pk', ['step_id']);
      t.index('file_steps_file_ix', ['file_id', 'at_ms']);
    });
  },
  down(schema) {
    schema.dropTable('file_steps');
    schema.dropTable('incoming_files');
  },
};
