/** Accounts and their keys in the database: what is changed here holds at the next login on every node, and within seconds for sessions. */

import type { Moment } from '../clock.js';
import {
  bigintCell,
  type Cell,
  type Database,
  flagCell,
  hasLabel,
  numberCell,
  optional,
  type Row,
  sql,
  textCell,
} from '../database/index.js';
import { OperatorError } from '../errors.js';
import type { Account, AccountKey } from './account.js';

const COLUMNS = `account_name, unit, enabled, may_upload, may_download, quota_bytes, quota_files, addresses, expires_at,
  password_hash, note, created_at, last_login_at`;
const findStatement = sql(`select ${COLUMNS} from sftp_accounts where account_name = :name`);
const listStatement = sql(`select ${COLUMNS} from sftp_accounts order by account_name`);
const ofUnitStatement = sql(`select ${COLUMNS} from sftp_accounts where unit = :unit order by account_name`);
const insertStatement = sql(
  `insert into sftp_accounts (${COLUMNS}) values (:account_name, :unit, :enabled, :may_upload, :may_download,
   :quota_bytes, :quota_files, :addresses, :expires_at, :password_hash, :note, :created_at, null)`,
);
const enableStatement = sql('update sftp_accounts set enabled = :enabled where account_name = :name');
const passwordStatement = sql('update sftp_accounts set password_hash = :hash where account_name = :name');
const loginStatement = sql('update sftp_accounts set last_login_at = :at where account_name = :name');
const deleteStatement = sql('delete from sftp_accounts where account_name = :name');
const deleteKeysStatement = sql('delete from sftp_keys where account_name = :name');

const KEY_COLUMNS = 'account_name, fingerprint, key_type, key_data, note, added_at';
const keyStatement = sql(
  `select ${KEY_COLUMNS} from sftp_keys where account_name = :name and fingerprint = :fingerprint`,
);
const keysStatement = sql(
  `select ${KEY_COLUMNS} from sftp_keys where account_name = :name order by fingerprint`,
);
const insertKeyStatement = sql(
  `insert into sftp_keys (${KEY_COLUMNS}) values (:account_name, :fingerprint, :key_type, :key_data, :note, :added_at)`,
);
const deleteKeyStatement = sql(
  'delete from sftp_keys where account_name = :name and fingerprint = :fingerprint',
);

export type NewAccount = Omit<Account, 'createdAt' | 'lastLoginAt'>;

export async function findAccount(database: Database, name: string): Promise<Account | undefined> {
  const [row] = await database.all(findStatement, { name });
  return row && accountOf(row);
}

/** @throws {OperatorError} `sftp-account-unknown` */
export async function getAccount(database: Database, name: string): Promise<Account> {
  const account = await findAccount(database, name);
  if (account) return account;
  throw unknownAccount(name);
}

export async function listAccounts(database: Database): Promise<readonly Account[]> {
  return (await database.all(listStatement)).map(accountOf);
}

/** The accounts of a clearing unit: where its files arrive, and where ours for it are laid. */
export async function accountsOfUnit(database: Database, unit: string): Promise<readonly Account[]> {
  return (await database.all(ofUnitStatement, { unit })).map(accountOf);
}

/** @throws {OperatorError} `sftp-account-exists` */
export async function addAccount(database: Database, account: NewAccount, now: Moment): Promise<void> {
  const binds: Record<string, Cell> = {
    account_name: account.name,
    unit: account.unit,
    enabled: flag(account.enabled),
    may_upload: flag(account.mayUpload),
    may_download: flag(account.mayDownload),
    quota_bytes: account.quota.bytes ?? null,
    quota_files: account.quota.files ?? null,
    addresses: account.addresses.join(' ') || null,
    expires_at: account.expiresAt ?? null,
    password_hash: account.passwordHash ?? null,
    note: account.note || null,
    created_at: now,
  };
  try {
    await database.run(insertStatement, binds);
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
    throw new OperatorError(
      'sftp-account-exists',
      `There is an SFTP account ${account.name} already.`,
      `See it with 'sluice sftp account show ${account.name}', or choose another name.`,
    );
  }
}

/** @throws {OperatorError} `sftp-account-unknown` */
export async function setAccountEnabled(database: Database, name: string, enabled: boolean): Promise<void> {
  mustFind(await database.run(enableStatement, { name, enabled: flag(enabled) }), name);
}
/** `undefined`: keys only. @throws {OperatorError} `sftp-account-unknown` */
export async function setAccountPassword(database: Database, name: string, hash?: string): Promise<void> {
  mustFind(await database.run(passwordStatement, { name, hash: hash ?? null }), name);
}
export async function recordLogin(database: Database, name: string, at: Moment): Promise<void> {
  await database.run(loginStatement, { name, at });
}
/** With its keys; its files stay where they are. @throws {OperatorError} `sftp-account-unknown` */
export async function removeAccount(database: Database, name: string): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run(deleteKeysStatement, { name });
    mustFind(await tx.run(deleteStatement, { name }), name);
  });
}

export async function findKey(
  database: Database,
  name: string,
  fingerprint: string,
): Promise<AccountKey | undefined> {
  const [row] = await database.all(keyStatement, { name, fingerprint });
  return row && keyOf(row);
}
export async function listKeys(database: Database, name: string): Promise<readonly AccountKey[]> {
  return (await database.all(keysStatement, { name })).map(keyOf);
}
/** Adding the same key again changes nothing. @throws {OperatorError} `sftp-account-unknown` */
export async function addKey(database: Database, key: AccountKey): Promise<void> {
  await getAccount(database, key.account);
  try {
    await database.run(insertKeyStatement, {
      account_name: key.account,
      fingerprint: key.fingerprint,
      key_type: key.type,
      key_data: key.data,
      note: key.note || null,
      added_at: key.addedAt,
    });
  } catch (error) {
    if (!hasLabel(error, 'duplicate')) throw error;
  }
}
/** @throws {OperatorError} `sftp-key-unknown` */
export async function removeKey(database: Database, name: string, fingerprint: string): Promise<void> {
  if ((await database.run(deleteKeyStatement, { name, fingerprint })) > 0) return;
  throw new OperatorError(
    'sftp-key-unknown',
    `The SFTP account ${name} has no key ${fingerprint}.`,
    `See its keys with 'sluice sftp key list ${name}'.`,
  );
}

function accountOf(row: Row): Account {
  return {
    name: textCell(row, 'account_name'),
    unit: textCell(row, 'unit'),
    enabled: flagCell(row, 'enabled'),
    mayUpload: flagCell(row, 'may_upload'),
    mayDownload: flagCell(row, 'may_download'),
    quota: { bytes: optional(row, 'quota_bytes', quotaCell), files: optional(row, 'quota_files', quotaCell) },
    addresses: textCell(row, 'addresses').split(' ').filter(Boolean),
    expiresAt: optional(row, 'expires_at', numberCell),
    passwordHash: optional(row, 'password_hash', textCell),
    note: textCell(row, 'note'),
    createdAt: numberCell(row, 'created_at'),
    lastLoginAt: optional(row, 'last_login_at', numberCell),
  };
}
function keyOf(row: Row): AccountKey {
  return {
    account: textCell(row, 'account_name'),
    fingerprint: textCell(row, 'fingerprint'),
    type: textCell(row, 'key_type'),
    data: textCell(row, 'key_data'),
    note: textCell(row, 'note'),
    addedAt: numberCell(row, 'added_at'),
  };
}
const quotaCell = (row: Row, column: string): number => Number(bigintCell(row, column));
const flag = (value: boolean): string => (value ? 'Y' : 'N');

function mustFind(changed: number, name: string): void {
  if (changed === 0) throw unknownAccount(name);
}
const unknownAccount = (name: string) =>
  new OperatorError(
    'sftp-account-unknown',
    `There is no SFTP account ${name}.`,
    "See all with 'sluice sftp account list'.",
  );
