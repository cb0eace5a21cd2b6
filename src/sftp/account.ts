import type { Moment } from '../clock.js';
import type { Quota } from './usage.js';

/** One account, as it is stored. It belongs to one clearing unit; a unit may have several. */
export interface Account {
  readonly name: string;
  readonly unit: string;
  readonly enabled: boolean;
  /** Whether it may write in `upload`. */
  readonly mayUpload: boolean;
  /** Whether it may read `download`. */
  readonly mayDownload: boolean;
  readonly quota: Quota;
  /** Addresses and networks (CIDR) it may come from; empty = any. */
  readonly addresses: readonly string[];
  /** From this moment on it may not log in; `undefined` = never. */
  readonly expiresAt: Moment | undefined;
  /** See password.ts; `undefined` = keys only. */
  readonly passwordHash: string | undefined;
  readonly note: string;
  readonly createdAt: Moment;
  readonly lastLoginAt: Moment | undefined;
}

/** A public key that opens an account. */
export interface AccountKey {
  readonly account: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** E.g. `ssh-ed25519`. */
  readonly type: string;
  /** The key in SSH's binary form, base64. */
  readonly data: string;
  readonly note: string;
  readonly addedAt: Moment;
}

/** Whether the account may be used at all at this moment. */
export const isOpen = (account: Account, now: Moment): boolean =>
  account.enabled && (account.expiresAt === undefined || now < account.expiresAt);
