/** PostgreSQL SQLSTATEs → labels (style 18). */
import { codeOf } from '../errors.js';
import type { DatabaseErrorLabel } from './database.js';

export const postgresLabels: Readonly<Record<string, DatabaseErrorLabel>> = {
  '23505': 'duplicate',
  '40001': 'retryable', // serialization_failure
  '40P01': 'retryable', // deadlock_detected
  unreplicated: 'outcome-unknown', // ours: committed on the primary only
  '55P03': 'lock-timeout', // lock_not_available
  '57014': 'statement-timeout', // query_canceled
  '25006': 'read-only', // read_only_sql_transaction
  '53100': 'read-only', // disk_full
  '53300': 'unavailable', // too_many_connections
  '57P01': 'unavailable', // admin_shutdown
  '57P02': 'unavailable', // crash_shutdown
  '57P03': 'unavailable', // cannot_connect_now
  '57P05': 'unavailable', // idle_session_timeout
  '25P03': 'unavailable', // idle_in_transaction_session_timeout
  '3D000': 'unavailable', // invalid_catalog_name
  '28000': 'unavailable', // invalid_authorization_specification
  '28P01': 'unavailable', // invalid_password
};

const SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

export function postgresLabel(error: unknown): DatabaseErrorLabel {
  const code = codeOf(error);
  // A migration changed a table under a prepared `select *`: the connection is of no use for it any more, a new one is.
  if (
    code === '0A000' &&
    error instanceof Error &&
    'routine' in error &&
    error.routine === 'RevalidateCachedQuery'
  )
    return 'unavailable';
  const known = postgresLabels[code];
  if (known !== undefined) return known;
  // Class 08 is connection_exception, class 53 insufficient resources.
  return SYSTEM.has(code) || code.startsWith('08') || code.startsWith('53') ? 'unavailable' : 'fault';
}

/**
 * An SQLSTATE that the server sends in answer to COMMIT means that it rolled back; a lost connection (no SQLSTATE), an administrator's
 * shutdown (57P01, may end the wait for the standby) or an internal error may have come after the commit.
 */
export function postgresCommitLabel(error: unknown): DatabaseErrorLabel {
  const code = codeOf(error);
  const certain = /^[0-9A-Z]{5}$/.test(code) && !/^(?:08|57P|58|XX)/.test(code) && !SYSTEM.has(code);
  return certain ? postgresLabel(error) : 'outcome-unknown';
}

/** Tables are changed within a transaction, so nothing can be there already. */
export const postgresAlreadyThere = (): boolean => false;
