/** ORA numbers and NJS codes of the driver → labels (style 18). */
import { codeOf } from '../errors.js';
import type { DatabaseErrorLabel } from './database.js';

export const oracleLabels: Readonly<Record<string, DatabaseErrorLabel>> = {
  'ORA-00001': 'duplicate', // unique constraint violated
  'ORA-00060': 'retryable', // deadlock detected
  'ORA-08177': 'retryable', // can't serialize access
  'ORA-04061': 'retryable', // a package was compiled anew
  'ORA-04068': 'retryable', // a package's state was discarded
  'ORA-00054': 'lock-timeout', // resource busy, NOWAIT or timeout expired
  'ORA-30006': 'lock-timeout', // resource busy; acquire with WAIT timeout expired
  'ORA-02049': 'lock-timeout', // distributed transaction waiting for lock
  'ORA-01013': 'statement-timeout', // user requested cancel
  'ORA-00040': 'statement-timeout', // active time limit exceeded
  'NJS-123': 'statement-timeout', // call timeout exceeded (ORA-03136's kin in thin mode)
  'ORA-16000': 'read-only', // database open for read-only access
  'ORA-01456': 'read-only', // may not perform insert in a READ ONLY transaction
  'ORA-01653': 'read-only', // unable to extend table
  'ORA-01654': 'read-only', // unable to extend index
  'ORA-30036': 'read-only', // unable to extend undo
  'ORA-00257': 'read-only', // archiver error
  'ORA-00018': 'unavailable', // maximum number of sessions
  'ORA-00020': 'unavailable', // maximum number of processes
  'ORA-00028': 'unavailable', // session killed
  'ORA-00600': 'unavailable',
  'ORA-01012': 'unavailable', // not logged on
  'ORA-01017': 'unavailable', // invalid username/password
  'ORA-01033': 'unavailable', // initialization or shutdown in progress
  'ORA-01034': 'unavailable', // not available
  'ORA-01089': 'unavailable', // immediate shutdown in progress
  'ORA-01090': 'unavailable', // shutdown in progress
  'ORA-01092': 'unavailable', // instance terminated
  'ORA-02396': 'unavailable', // exceeded maximum idle time
  'ORA-03113': 'unavailable', // end-of-file on communication channel
  'ORA-03114': 'unavailable', // not connected
  'ORA-03135': 'unavailable', // connection lost contact
  'ORA-12514': 'unavailable', // listener does not know the service
  'ORA-12518': 'unavailable', // listener could not hand off
  'ORA-12521': 'unavailable',
  'ORA-12528': 'unavailable', // all instances blocking new connections
  'ORA-12537': 'unavailable', // connection closed
  'ORA-12541': 'unavailable', // no listener
  'ORA-12545': 'unavailable',
  'ORA-25408': 'unavailable', // can not safely replay call
  'ORA-28000': 'unavailable', // account locked
  'ORA-28001': 'unavailable', // password expired
  'NJS-040': 'unavailable', // connection request timeout, pool
  'NJS-500': 'unavailable', // connection closed by the other end
  'NJS-501': 'unavailable', // connection lost
  'NJS-503': 'unavailable', // host or port cannot be reached
  'NJS-510': 'unavailable', // connect timeout
  'NJS-511': 'unavailable', // the listener refused
  'NJS-513': 'unavailable', // unable to connect within
  'NJS-515': 'unavailable',
  'NJS-516': 'unavailable', // no configuration directory for a name
  'NJS-517': 'unavailable', // name not found in tnsnames.ora
  'NJS-518': 'unavailable', // listener does not know the service
  'NJS-519': 'unavailable', // listener does not know the SID
  'NJS-521': 'unavailable', // connection closed meanwhile
  'NJS-530': 'unavailable', // host name cannot be resolved
  'NJS-003': 'unavailable', // connection was closed
};

export const oracleLabel = (error: unknown): DatabaseErrorLabel => oracleLabels[codeOf(error)] ?? 'fault';

/** Only these answers to COMMIT are known to mean that everything was rolled back. */
const REFUSED = new Set([
  'ORA-00001',
  'ORA-00060',
  'ORA-02091',
  'ORA-02290',
  'ORA-02291',
  'ORA-08177',
  'ORA-16000',
]);
export const oracleCommitLabel = (error: unknown): DatabaseErrorLabel =>
  REFUSED.has(codeOf(error)) ? oracleLabel(error) : 'outcome-unknown';

// Name used by an existing object, column exists, columns indexed already, one primary key only, such a constraint exists.
const THERE = new Set([
  'ORA-00955',
  'ORA-01430',
  'ORA-01408',
  'ORA-02260',
  'ORA-02261',
  'ORA-02264',
  'ORA-02275',
]);
export const oracleAlreadyThere = (error: unknown): boolean => THERE.has(codeOf(error));
