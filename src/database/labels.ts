/** Turns what a driver throws into a {@link DatabaseError} without anything personal in it. */
import { codeOf, messageOf } from '../errors.js';
import { DatabaseError, type DatabaseErrorLabel } from './database.js';
import type { Driver, Link } from './driver.js';

/** The connection was lost while nothing was committed: the same may be tried again on another one. */
export class LostError extends DatabaseError {}

/** The error with its label; errors that have one pass. What was lost with its connection is `unavailable`, and the connection is given up. */
export function labelled(driver: Driver, error: unknown, link?: Link): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const label = driver.label(error);
  // Another member of the cluster may take writes: the next connection looks for it.
  if (label === 'read-only') link?.destroy('read-only');
  const lost = label === 'unavailable' || (label === 'fault' && link?.dead === true);
  if (!lost || link === undefined) return databaseError(label, error);
  link.destroy('connection lost');
  return new LostError('unavailable', textOf('unavailable', error), { cause: error });
}

export const databaseError = (label: DatabaseErrorLabel, error: unknown): DatabaseError =>
  new DatabaseError(label, textOf(label, error), { cause: error });

function textOf(label: DatabaseErrorLabel, error: unknown): string {
  scrub(error);
  const code = codeOf(error);
  // Node gives no text when it tried several addresses of a name.
  return `${label}${code === '' ? '' : ` (${code})`}: ${messageOf(error) || 'no connection'}`;
}

// PostgreSQL tells the values of a refused row in `detail`, MariaDB in the message between quotes.
const PERSONAL = ['detail', 'where', 'internalQuery', 'hint', 'parameters', 'sqlMessage', 'sql'] as const;
function scrub(error: unknown): void {
  if (!(error instanceof Error)) return;
  for (const field of PERSONAL) if (field in error) Reflect.deleteProperty(error, field);
  const clean = error.message.replace(/(entry|value:?) '(?:[^']|'')*'/gi, "$1 '…'");
  if (clean !== error.message) {
    error.message = clean;
    error.stack = (error.stack ?? '').split('\n').slice(1).join('\n');
  }
}
