import type { Migration } from '../migration.js';

/** Accounts of the embedded SFTP server, their keys, and who is logged in on which node (spec files.md "Where they lie"). */
export const sftpAccounts: Migration = {
  name: '0030-sftp-accounts',
  up(schema) {
    schema.createTable('sftp_accounts', (t) => {
      t.text('account_name', 32);
      t.text('unit', 16);
      t.flag('enabled');
      t.flag('may_upload');
      t.flag('may_download');
      t.fen('quota_bytes', { optional: true });
      t.fen('quota_files', { optional: true });
      // Addresses and networks, separated by spaces.
      t.text('addresses', 1000, { optional: true });
      t.moment('expires_at', { optional: true });
      t.text('password_hash', 300, { optional: true });
      t.text('note', 200, { optional: true });
      t.moment('created_at');
      t.moment('last_login_at', { optional: true });
      t.primary('sftp_accounts_pk', ['account_name']);
      t.index('sftp_accounts_unit_ix', ['unit']);
    });
    schema.createTable('sftp_keys', (t) => {
      t.text('account_name', 32);
      t.text('fingerprint', 60);
      t.text('key_type', 40);
      t.longText('key_data');
      t.text('note', 200, { optional: true });
      t.moment('added_at');
      t.primary('sftp_keys_pk', ['account_name', 'fingerprint']);
      t.foreign('sftp_keys_account_fk', ['account_name'], 'sftp_accounts', ['account_name']);
    });
    // No foreign key: a session outlives its account by the second until it is closed.
    schema.createTable('sftp_sessions', (t) => {
      t.text('session_id', 36);
      t.text('node_id', 100);
      t.text('account_name', 32);
      t.text('address', 64);
      t.text('software', 100, { optional: true });
      t.moment('started_at');
      t.moment('seen_at');
      t.flag('kicked');
      t.primary('sftp_sessions_pk', ['session_id']);
      t.index('sftp_sessions_node_ix', ['node_id', 'kicked']);
      t.index('sftp_sessions_account_ix', ['account_name']);
    });
  },
  down(schema) {
    for (const table of ['sftp_sessions', 'sftp_keys', 'sftp_accounts']) schema.dropTable(table);
  },
};
