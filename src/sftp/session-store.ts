/** Who is logged in, on all nodes: a table, so that any process can list the sessions and end one on whichever node it is. */
import type { Moment } from '../clock.js';
import { type Database, hasLabel, numberCell, type Row, sql, textCell } from '../database/index.js';

export interface SessionRecord {
  readonly id: string;
  readonly node: string;
  readonly account: string;
  readonly address: string;
  /** What the client calls itself. */
  readonly software: string;
  readonly startedAt: Moment;
  /** When its node last said that it is there. */
  readonly seenAt: Moment;
}

/** A node says this often that it and its sessions are there. */
export const HEARTBEAT_MS = 10_000;
/** A session that was not heard of for this long is gone with its node. */
export const STALE_MS = 3 * HEARTBEAT_MS;

const insertStatement = sql(
  `insert into sftp_sessions (session_id, node_id, account_name, address, software, started_at, seen_at, kicked)
   values (:id, :node, :account, :address, :software, :at, :at, 'N')`,
);
const deleteStatement = sql('delete from sftp_sessions where session_id = :id');
const deleteNodeStatement = sql('delete from sftp_sessions where node_id = :node');
const deleteStaleStatement = sql('delete from sftp_sessions where seen_at < :before');
const seenStatement = sql('update sftp_sessions set seen_at = :at where node_id = :node');
const kickStatement = sql("update sftp_sessions set kicked = 'Y' where session_id = :id");
const kickedStatement = sql("select session_id from sftp_sessions where node_id = :node and kicked = 'Y'");
const countStatement = sql(
  'select count(*) as sessions from sftp_sessions where account_name = :account and seen_at >= :since',
);
const listStatement = sql(
  `select session_id, node_id, account_name, address, software, started_at, seen_at
   from sftp_sessions where seen_at >= :since order by started_at, session_id`,
);

export async function beginSession(
  database: Database,
  session: Omit<SessionRecord, 'seenAt'>,
): Promise<void> {
  const { id, node, account, address, software, startedAt } = session;
  await database.run(insertStatement, {
    id,
    node,
    account,
    address,
    software: software || null,
    at: startedAt,
  });
}
export async function endSession(database: Database, id: string): Promise<void> {
  await database.run(deleteStatement, { id });
}
export async function endSessionsOf(database: Database, node: string): Promise<void> {
  await database.run(deleteNodeStatement, { node });
}
/** What dead nodes left behind. It counts for nothing anyway, so a database that takes no writes is no reason not to start. */
export async function clearStaleSessions(database: Database, now: Moment): Promise<void> {
  try {
    await database.run(deleteStaleStatement, { before: now - STALE_MS });
  } catch (error) {
    if (!hasLabel(error, 'read-only')) throw error;
  }
}
export async function markSeen(database: Database, node: string, now: Moment): Promise<void> {
  await database.run(seenStatement, { node, at: now });
}
export async function countSessions(database: Database, account: string, now: Moment): Promise<number> {
  const [row] = await database.all(countStatement, { account, since: now - STALE_MS });
  return row ? numberCell(row, 'sessions') : 0;
}
export async function listSessions(database: Database, now: Moment): Promise<readonly SessionRecord[]> {
  return (await database.all(listStatement, { since: now - STALE_MS })).map(sessionOf);
}
/** Asks the session's node to end it, which it does within a second. @returns false where there is no such session */
export async function kickSession(database: Database, id: string): Promise<boolean> {
  return (await database.run(kickStatement, { id })) > 0;
}
export async function kickedSessions(database: Database, node: string): Promise<readonly string[]> {
  return (await database.all(kickedStatement, { node })).map((row) => textCell(row, 'session_id'));
}

const sessionOf = (row: Row): SessionRecord => ({
  id: textCell(row, 'session_id'),
  node: textCell(row, 'node_id'),
  account: textCell(row, 'account_name'),
  address: textCell(row, 'address'),
  software: textCell(row, 'software'),
  startedAt: numberCell(row, 'started_at'),
  seenAt: numberCell(row, 'seen_at'),
});
