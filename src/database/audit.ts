/**
 * The audit log: who changed what, when, from what to what. Append only, and chained: each entry's hash covers the entry and the hash
 * before it, so that a changed, removed or inserted entry shows. A row lock on the chain's end keeps one order over all nodes.
 */
import { createHash } from 'node:crypto';
import type { Moment } from '../clock.js';
import { numberCell, textCell } from './cells.js';
import { type Database, type Row, type Session, sql } from './database.js';

export interface AuditChange {
  readonly at: Moment;
  /** The operating-system or console user. */
  readonly actor: string;
  readonly host: string;
  /** From the command's words, e.g. `certs peer add`. */
  readonly action: string;
  /** What was changed, e.g. a peer's name. */
  readonly target: string;
  /** JSON texts without secrets; `''` for nothing. */
  readonly before: string;
  readonly after: string;
}
export interface AuditEntry extends AuditChange {
  readonly seq: number;
  readonly prevHash: string;
  readonly hash: string;
}

const lockHead = sql(({ forUpdate }) => `select seq, entry_hash from audit_head where id = 1 ${forUpdate}`);
const moveHead = sql('update audit_head set seq = :seq, entry_hash = :entry_hash where id = 1');
const insertEntry = sql(
  `insert into audit_entries (seq, at_ms, actor, host, action, target, value_before, value_after, prev_hash, entry_hash)
   values (:seq, :at_ms, :actor, :host, :action, :target, :value_before, :value_after, :prev_hash, :entry_hash)`,
);
const COLUMNS = 'seq, at_ms, actor, host, action, target, value_before, value_after, prev_hash, entry_hash';
const selectAll = sql(`select ${COLUMNS} from audit_entries order by seq`);
const selectLatest = sql(
  ({ limit }) =>
    `select ${COLUMNS} from audit_entries where at_ms >= :since order by seq desc ${limit(ENTRIES_MAX)}`,
);
const ENTRIES_MAX = 1000;

/** Hash of an entry: over a JSON list, so that no two different entries read alike. */
function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, at, actor, host, action, target, before, after, prevHash } = entry;
  const parts = [seq, at, actor, host, action, target, before, after, prevHash];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Appends the changes in their order, all or none. */
export function appendAudit(database: Database, changes: readonly AuditChange[]): Promise<AuditEntry[]> {
  return database.transaction(async (tx) => {
    const [head] = await tx.all(lockHead);
    if (head === undefined) throw new Error('the end of the audit chain is missing');
    let [seq, prevHash] = [numberCell(head, 'seq'), textCell(head, 'entry_hash')];
    const entries = changes.map((change) => {
      const open = { ...clipped(change), seq: ++seq, prevHash };
      const entry = { ...open, hash: hashOf(open) };
      prevHash = entry.hash;
      return entry;
    });
    for (const entry of entries) await tx.run(insertEntry, bindsOf(entry));
    await tx.run(moveHead, { seq, entry_hash: prevHash });
    return entries;
  });
}

/** Text that is too long for its column, or empty where Oracle would make a null of it. */
const clipped = (change: AuditChange): AuditChange => ({
  ...change,
  actor: change.actor.slice(0, 64) || '-',
  host: change.host.slice(0, 64) || '-',
  action: change.action.slice(0, 64) || '-',
  target: change.target.slice(0, 200) || '-',
});

const bindsOf = (entry: AuditEntry) => ({
  seq: entry.seq,
  at_ms: entry.at,
  actor: entry.actor,
  host: entry.host,
  action: entry.action,
  target: entry.target,
  value_before: entry.before || null,
  value_after: entry.after || null,
  prev_hash: entry.prevHash,
  entry_hash: entry.hash,
});

const entryOf = (row: Row): AuditEntry => ({
  seq: numberCell(row, 'seq'),
  at: numberCell(row, 'at_ms'),
  actor: textCell(row, 'actor'),
  host: textCell(row, 'host'),
  action: textCell(row, 'action'),
  target: textCell(row, 'target'),
  before: textCell(row, 'value_before'),
  after: textCell(row, 'value_after'),
  prevHash: textCell(row, 'prev_hash'),
  hash: textCell(row, 'entry_hash'),
});

/** The newest entries since a moment, newest first, at most 1000. */
export async function latestAudit(session: Session, since: Moment): Promise<AuditEntry[]> {
  return (await session.all(selectLatest, { since })).map(entryOf);
}

export interface AuditVerdict {
  readonly entries: number;
  /** Hash of the last entry: noted elsewhere, it proves later that nothing before it was changed. */
  readonly head: string;
  /** What does not hold, in order; empty when the chain is whole. At most 100. */
  readonly faults: readonly { readonly seq: number; readonly fault: string }[];
}
const FAULTS_MAX = 100;

/**
 * Computes the whole chain again, in bounded memory.
 * @param anchor an entry noted earlier: it must still stand there with this hash
 */
export async function verifyAudit(
  database: Database,
  anchor?: { readonly seq: number; readonly hash: string },
): Promise<AuditVerdict> {
  const faults: { seq: number; fault: string }[] = [];
  const fault = (seq: number, text: string) => {
    if (faults.length < FAULTS_MAX) faults.push({ seq, fault: text });
  };
  let [seq, prevHash, entries, anchored] = [0, '0'.repeat(64), 0, anchor === undefined];
  for await (const row of database.stream(selectAll)) {
    const entry = entryOf(row);
    if (entry.seq !== seq + 1) fault(entry.seq, `entries ${seq + 1} to ${entry.seq - 1} are missing`);
    else if (entry.prevHash !== prevHash) fault(entry.seq, 'does not follow the entry before it');
    if (hashOf(entry) !== entry.hash) fault(entry.seq, 'was changed: its content does not fit its hash');
    if (entry.seq === anchor?.seq) {
      anchored = true;
      if (entry.hash !== anchor.hash) fault(entry.seq, 'has another hash than the one noted');
    }
    [seq, prevHash, entries] = [entry.seq, entry.hash, entries + 1];
  }
  if (!anchored) fault(anchor?.seq ?? 0, 'the entry that was noted is missing');
  const [head] = await database.all(sqlHead);
  const end = head === undefined ? undefined : [numberCell(head, 'seq'), textCell(head, 'entry_hash')];
  if (end === undefined) fault(seq, 'the end of the chain is not recorded');
  else if (end[0] !== seq || end[1] !== prevHash) fault(seq, `the chain should end at entry ${end[0]}`);
  return { entries, head: prevHash, faults };
}
const sqlHead = sql('select seq, entry_hash from audit_head where id = 1');
