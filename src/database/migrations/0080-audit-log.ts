import type { Migration } from '../migration.js';

/** The audit log of administrative changes: a chain of hashes whose end is kept in a row of its own (audit.ts). */
export const auditLog: Migration = {
  name: '0080-audit-log',
  up(schema) {
    schema.createTable('audit_entries', (t) => {
      t.fen('seq');
      t.moment('at_ms');
      t.text('actor', 64);
      t.text('host', 64);
      t.text('action', 64);
      t.text('target', 200);
      t.longText('value_before', { optional: true });
      t.longText('value_after', { optional: true });
      t.code('prev_hash', 64);
      t.code('entry_hash', 64);
      t.primary('audit_entries_pk', ['seq']);
      t.index('audit_entries_at', ['at_ms']);
    });
    schema.createTable('audit_head', (t) => {
      t.count('id');
      t.fen('seq');
      t.code('entry_hash', 64);
      t.primary('audit_head_pk', ['id']);
      t.check('audit_head_one', 'id = 1');
    });
    schema.run(`insert into audit_head (id, seq, entry_hash) values (1, 0, '${'0'.repeat(64)}')`);
  },
  down(schema) {
    schema.dropTable('audit_head');
    schema.dropTable('audit_entries');
  },
};
