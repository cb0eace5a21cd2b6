/** MariaDB and MySQL error numbers, and the driver's own codes → labels (style 18). */
import { codeOf } from '../errors.js';
import type { DatabaseErrorLabel } from './database.js';

export const mysqlLabels: Readonly<Record<string, DatabaseErrorLabel>> = {
  '1062': 'duplicate', // ER_DUP_ENTRY
  '1586': 'duplicate', // ER_DUP_ENTRY_WITH_KEY_NAME
  '1213': 'retryable', // ER_LOCK_DEADLOCK: the whole transaction is rolled back
  '1020': 'retryable', // ER_CHECKREAD: snapshot isolation of newer MariaDB
  '1615': 'retryable', // ER_NEED_REPREPARE: a table changed under a prepared statement
  '1205': 'lock-timeout', // ER_LOCK_WAIT_TIMEOUT
  '3572': 'lock-timeout', // ER_LOCK_NOWAIT
  '1969': 'statement-timeout', // ER_STATEMENT_TIMEOUT (MariaDB)
  '3024': 'statement-timeout', // ER_QUERY_TIMEOUT (MySQL)
  '1317': 'statement-timeout', // ER_QUERY_INTERRUPTED: killed by an administrator
  '1290': 'read-only', // ER_OPTION_PREVENTS_STATEMENT: --read-only
  '1792': 'read-only', // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  '1836': 'read-only', // ER_READ_ONLY_MODE
  '1021': 'read-only', // ER_DISK_FULL
  '1114': 'read-only', // ER_RECORD_FILE_FULL
  '1040': 'unavailable', // ER_CON_COUNT_ERROR
  '1203': 'unavailable', // ER_TOO_MANY_USER_CONNECTIONS
  '1044': 'unavailable', // ER_DBACCESS_DENIED_ERROR
  '1045': 'unavailable', // ER_ACCESS_DENIED_ERROR
  '1698': 'unavailable', // ER_ACCESS_DENIED_NO_PASSWORD_ERROR (MariaDB)
  '1049': 'unavailable', // ER_BAD_DB_ERROR
  '1053': 'unavailable', // ER_SERVER_SHUTDOWN
  '1152': 'unavailable', // ER_ABORTING_CONNECTION
  '1158': 'unavailable', // ER_NET_READ_ERROR
  '1159': 'unavailable', // ER_NET_READ_INTERRUPTED
  '1160': 'unavailable', // ER_NET_ERROR_ON_WRITE
  '1161': 'unavailable', // ER_NET_WRITE_INTERRUPTED
  '1927': 'unavailable', // ER_CONNECTION_KILLED
};

const LOST = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'HANDSHAKE_NO_SSL_SUPPORT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

const numberOf = (error: unknown): string =>
  error instanceof Error && 'errno' in error ? String(error.errno) : '';

export const mysqlLabel = (error: unknown): DatabaseErrorLabel =>
  mysqlLabels[numberOf(error)] ?? (LOST.has(codeOf(error)) ? 'unavailable' : 'fault');

/** Only these answers to COMMIT are known to mean that nothing was committed. */
const REFUSED = new Set(['1213', '1290', '1792', '1836']);
export const mysqlCommitLabel = (error: unknown): DatabaseErrorLabel =>
  REFUSED.has(numberOf(error)) ? mysqlLabel(error) : 'outcome-unknown';

// Table, column, key name, foreign key or check exists; or, on the way back, is gone.
const THERE = new Set(['1050', '1060', '1061', '1826', '1005', '1022', '1068']);
export const mysqlAlreadyThere = (error: unknown): boolean => THERE.has(numberOf(error));
