/* Every administrative change goes into the audit log of the database; while that cannot be reached, into a file that is handed in later. */
import { appendFile, open, readFile, rm } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, systemClock } from '../clock.js';
import { loadConfig } from '../config/index.js';
import { type AuditChange, appendAudit, type Database } from '../database/index.js';
import { codeOf, messageOf } from '../errors.js';
import { giveToOwnerOf, makeFolder } from '../folder-owner.js';
import { withLockFile } from '../pki/index.js';
import { withDatabase } from '../with-database.js';

export interface Change {
  /** The command's words, e.g. `certs peer add`. */
  readonly action: string;
  /** What was changed, e.g. a name. No personal data. */
  readonly target: string;
  /** Any value; secrets in it are masked here, personal data by the caller. */
  readonly before?: unknown;
  readonly after?: unknown;
}

const pendingFile = (dir: string) => join(dir, 'audit', 'pending.jsonl');

/**
 * Records a change that was just made. Never fails for the database's sake: the change is kept in `DIR/audit/pending.jsonl` and handed
 * in by the next command that reaches it; one line on standard error says so.
 * @param options.database an open one, where the command has it
 */
export async function recordChange(
  dir: string,
  change: Change,
  { database, clock = systemClock }: { readonly database?: Database; readonly clock?: Clock } = {},
): Promise<void> {
  const file = pendingFile(dir);
  await makeFolder(join(dir, 'audit'));
  await withLockFile(`${file}.lock`, async () => {
    await appendFile(file, `${JSON.stringify(auditChange(change, clock))}\n`, { mode: 0o600 });
    const handle = await open(file, 'r');
    await handle.sync().finally(() => handle.close());
    await giveToOwnerOf(join(dir, 'audit'), file);
  });
  try {
    await handInPending(dir, database);
  } catch (error) {
    console.error(`audit: kept in ${file} until the database takes it (${messageOf(error)})`);
  }
}

/** Hands in what is waiting. @throws when the database cannot be reached or has no audit table yet */
export async function handInPending(dir: string, database?: Database): Promise<number> {
  const file = pendingFile(dir);
  return withLockFile(`${file}.lock`, async () => {
    const changes = await readPending(file);
    if (changes.length === 0) return 0;
    if (database) await appendAudit(database, changes);
    else await withDatabase(loadConfig(dir), (opened) => appendAudit(opened, changes));
    // A crash between the two hands in twice: better than never.
    await rm(file);
    return changes.length;
  });
}

const pendingSchema = z.strictObject({
  at: z.int(),
  actor: z.string(),
  host: z.string(),
  action: z.string(),
  target: z.string(),
  before: z.string(),
  after: z.string(),
});

async function readPending(file: string): Promise<AuditChange[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line): AuditChange => pendingSchema.parse(JSON.parse(line)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

const auditChange = ({ action, target, before, after }: Change, clock: Clock): AuditChange => ({
  at: clock.now(),
  actor: actorName(),
  host: hostname(),
  action,
  target,
  before: textOf(before),
  after: textOf(after),
});

/** The operating-system user; who became root by sudo is named, too. */
export function actorName(env: NodeJS.ProcessEnv = process.env): string {
  const { username, uid } = userInfo();
  return uid === 0 && env.SUDO_USER ? `${env.SUDO_USER} (sudo)` : username;
}

// An address may hold a password (a database's) or a token (a webhook's).
const SECRET = /pass|secret|token|private|keyPem|webhook|^url$/i;
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----\n?/g;
const textOf = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value, masked));

/** The value as the audit log may hold it. */
export const withoutSecrets = (value: unknown): unknown => JSON.parse(textOf(value) || 'null');

/** Secrets become `***`, certificates their kind: the audit log tells what changed, not the bytes. */
function masked(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return SECRET.test(key) ? '***' : value.replace(PEM, '($1)');
}
