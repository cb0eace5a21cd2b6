import type { Clock, Ids } from '../clock.js';
import type { Database } from '../database/index.js';
import type { Log } from '../log.js';
import type { Account } from './account.js';
import type { AccountState } from './account-files.js';
import type { Connection } from './connection.js';
import type { HostKey } from './host-keys.js';
import type { Gate } from './login.js';
import type { SftpMeters } from './meters.js';
import type { Penalties } from './penalties.js';
import type { SftpSettings } from './settings.js';
import type { ShortCalls } from './short-calls.js';

/** A file that is there for processing now. */
export interface PublishedFile {
  readonly account: string;
  readonly unit: string;
  /** Below the account's folder, e.g. `/upload/A_DSDZ_39536_20240404.txt`. */
  readonly path: string;
}

/** How a client proved who it is. */
export interface LoggedInBy {
  readonly method: 'password' | 'publickey';
  /** The key's fingerprint, or the hash of the password: the session ends when the account has it no longer. */
  readonly proof: string;
}

/** What all connections of a server share. */
export interface ServerContext {
  readonly settings: SftpSettings;
  readonly database: Database;
  readonly root: string;
  readonly calls: ShortCalls;
  readonly hostKeys: readonly HostKey[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly meters: SftpMeters;
  readonly penalties: Penalties;
  readonly passwordChecks: Gate;
  readonly published: (file: PublishedFile) => void;
  stateOf(account: string): AccountState;
  /** @returns whether there is room for one more session of the account */
  loggedIn(connection: Connection, account: Account, by: LoggedInBy): Promise<boolean>;
  loggedOut(connection: Connection): void;
  closed(connection: Connection, reason: string): void;
}
