/** What an operator is told when the database cannot be opened: where it should be, what the driver said, what to do. */
import { codeOf, messageOf, OperatorError } from '../errors.js';
import { DatabaseError, type DatabaseErrorLabel } from './database.js';
import type { DatabaseSettings } from './settings.js';
import { describeTarget } from './targets.js';

const causes = {
  refused: 'nothing listens there: start the database, or correct host and port',
  silent:
    "no answer: a firewall, a wrong address or a stopped machine is between; try it from this machine with the database vendor's own client",
  name: 'the host name is not known here: correct it, or the name service of this machine',
  login: 'user or password is refused: correct them, or let the user in from this machine',
  missing:
    'the server is there, the database (service) is not: correct its name, or create it and give the user its rights',
  address: 'the connect string must be host:port/service (a name of tnsnames.ora needs TNS_ADMIN)',
  standby:
    'the server takes no writes: name all members of the cluster in the url, so that the primary is found',
  full: 'the server has no connection left: raise its limit, or lower pool.max on the nodes',
  file: 'see that the directory exists, that the user who runs sluice may write it, and that the file is a SQLite database',
  starting: 'the database is starting or stopping: wait until it is open',
  tls: 'the certificate of the server was refused: give its authority (tls.ca), a host name that stands in it, or let the server offer TLS',
  other: 'see that it runs, and that address, database, user and password are right',
} as const;

/** Codes of Node's TLS; the driver for MariaDB has one of its own. */
const TLS_CODE =
  /^(?:ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HANDSHAKE_SSL_ERROR$|HANDSHAKE_NO_SSL_SUPPORT$)/;
const causeOfCode: Readonly<Record<string, keyof typeof causes>> = {
  ECONNREFUSED: 'refused',
  'NJS-503': 'refused',
  'ORA-12541': 'refused',
  ETIMEDOUT: 'silent',
  EHOSTUNREACH: 'silent',
  ENETUNREACH: 'silent',
  'NJS-510': 'silent',
  'NJS-513': 'silent',
  ENOTFOUND: 'name',
  EAI_AGAIN: 'name',
  'NJS-530': 'name',
  '28P01': 'login',
  '28000': 'login',
  ER_ACCESS_DENIED_ERROR: 'login',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'login',
  ER_DBACCESS_DENIED_ERROR: 'login',
  'ORA-01017': 'login',
  'ORA-28000': 'login',
  'ORA-28001': 'login',
  '3D000': 'missing',
  ER_BAD_DB_ERROR: 'missing',
  'NJS-515': 'address',
  'NJS-516': 'address',
  'NJS-517': 'address',
  'NJS-520': 'address',
  'NJS-518': 'missing',
  'NJS-519': 'missing',
  'ORA-12514': 'missing',
  'ORA-12505': 'missing',
  '25006': 'standby',
  '53300': 'full',
  ER_CON_COUNT_ERROR: 'full',
  'ORA-00018': 'full',
  'ORA-00020': 'full',
  'ORA-12516': 'full',
  'ORA-12518': 'full',
  'ORA-12519': 'full',
  'ORA-12528': 'starting',
  '57P03': 'starting',
  'ORA-01033': 'starting',
  'ORA-01034': 'starting',
  SQLITE_CANTOPEN: 'file',
  SQLITE_NOTADB: 'file',
  SQLITE_READONLY: 'file',
  SQLITE_CORRUPT: 'file',
};

/** @returns an error that names client, address, database and the driver's code, with what to do about it */
export function cannotOpen(settings: DatabaseSettings, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const code = deepestCode(error);
  const cause = causeOfCode[code] ?? causeOfForm(code, error);
  return new OperatorError(
    'database-unavailable',
    `the database cannot be opened: ${describeTarget(settings)}: ${messageOf(error)}`,
    causes[cause],
    { cause: error },
  );
}

function causeOfForm(code: string, error: unknown): keyof typeof causes {
  if (code.startsWith('SQLITE_CANTOPEN')) return 'file';
  // PostgreSQL's driver gives this one no code.
  const noTls = messageOf(error).includes('does not support SSL');
  return TLS_CODE.test(code) || noTls ? 'tls' : 'other';
}

const nextOf: Readonly<Partial<Record<DatabaseErrorLabel, string>>> = {
  retryable: 'others changed the same rows again and again: try once more',
  'lock-timeout':
    'another process holds it: end what that does (a backup, another program with the file open), and try once more',
  'statement-timeout':
    'it took longer than allowed: see what the database is busy with, or raise database.statementTimeoutMs',
  unavailable:
    "the connection was lost or none was free: 'sluice doctor' says what is wrong with the way to it",
  'read-only':
    'it takes no writes at the moment (standby, read-only, disk full): wait, or point database at the primary',
  'outcome-unknown': 'the answer to the last commit was lost: look what is there before you do it again',
};

/** What a command tells its operator when the database fails under it; `undefined` for everything else, our own faults among it. */
export function databaseFailed(error: unknown): OperatorError | undefined {
  const next = error instanceof DatabaseError ? nextOf[error.label] : undefined;
  if (next === undefined) return undefined;
  return new OperatorError('database-failed', `the database: ${messageOf(error)}`, next, { cause: error });
}

function deepestCode(error: unknown): string {
  // A listener's refusal: NJS-511, with Oracle's own number in the text.
  const listener = /^Cause: ORA-(\d+)/m.exec(messageOf(error))?.[1];
  if (listener !== undefined) return `ORA-${listener.padStart(5, '0')}`;
  const inner = error instanceof Error && error.cause !== undefined ? deepestCode(error.cause) : '';
  return inner === '' ? codeOf(error) : inner;
}
