/** SQLite result codes → labels (style 18). */
import { codeOf } from '../errors.js';
import type { DatabaseErrorLabel } from './database.js';

export const sqliteLabels: Readonly<Record<string, DatabaseErrorLabel>> = {
  SQLITE_CONSTRAINT_PRIMARYKEY: 'duplicate',
  SQLITE_CONSTRAINT_UNIQUE: 'duplicate',
  SQLITE_CONSTRAINT_ROWID: 'duplicate',
  SQLITE_BUSY: 'lock-timeout',
  SQLITE_BUSY_RECOVERY: 'lock-timeout',
  SQLITE_BUSY_TIMEOUT: 'lock-timeout',
  SQLITE_BUSY_SNAPSHOT: 'retryable',
  SQLITE_LOCKED: 'lock-timeout',
  SQLITE_LOCKED_SHAREDCACHE: 'lock-timeout',
  SQLITE_READONLY: 'read-only',
  SQLITE_READONLY_RECOVERY: 'read-only',
  SQLITE_READONLY_CANTLOCK: 'read-only',
  SQLITE_READONLY_DIRECTORY: 'read-only',
  SQLITE_READONLY_DBMOVED: 'unavailable',
  SQLITE_FULL: 'read-only',
  SQLITE_CANTOPEN: 'unavailable',
  SQLITE_NOTADB: 'unavailable',
  SQLITE_CORRUPT: 'unavailable',
  SQLITE_IOERR: 'unavailable',
};

export const sqliteLabel = (error: unknown): DatabaseErrorLabel => {
  const code = codeOf(error);
  return sqliteLabels[code] ?? (code.startsWith('SQLITE_IOERR') ? 'unavailable' : 'fault');
};

/** A commit that is busy or finds no room has not happened; an I/O error while it is written leaves it open. */
export const sqliteCommitLabel = (error: unknown): DatabaseErrorLabel => {
  const label = sqliteLabel(error);
  return label === 'unavailable' || label === 'fault' ? 'outcome-unknown' : label;
};

/** Tables are changed within a transaction, so nothing can be there already. */
export const sqliteAlreadyThere = (): boolean => false;
