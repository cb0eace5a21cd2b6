/** Files of both ways, as an operator looks for them. */
import type { Moment } from '../clock.js';
import { type Database, sql } from '../database/index.js';
import type { FileType } from '../protocol/index.js';
import type { IncomingFile } from './arrival/incoming-file.js';
import { readIncoming } from './arrival/incoming-table.js';
import type { OutgoingFile } from './outgoing/outgoing-file.js';
import { readOutgoing } from './outgoing/outgoing-table.js';

/** Absent members do not narrow. */
export interface FileSearch {
  readonly unit?: string | undefined;
  readonly type?: FileType | undefined;
  readonly states?: readonly string[] | undefined;
  /** Id, or name. */
  readonly idOrName?: string | undefined;
  readonly since?: Moment | undefined;
  readonly rowsMax: number;
}

/** Newest first. */
export async function searchIncoming(
  database: Database,
  search: FileSearch,
): Promise<readonly IncomingFile[]> {
  return (await rowsOf(database, 'incoming_files', 'found_at', search)).map(readIncoming);
}
/** Newest first. */
export async function searchOutgoing(
  database: Database,
  search: FileSearch,
): Promise<readonly OutgoingFile[]> {
  return (await rowsOf(database, 'outgoing_files', 'ordered_at', search)).map(readOutgoing);
}

function rowsOf(database: Database, table: string, time: string, search: FileSearch) {
  const binds: Record<string, string | number> = { since: search.since ?? 0 };
  const conditions = [`${time} >= :since`];
  const narrow = (condition: string, name: string, value: string | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    binds[name] = value;
  };
  narrow('unit = :unit', 'unit', search.unit);
  narrow('file_type = :type', 'type', search.type);
  narrow('(file_id = :idOrName or file_name = :idOrName)', 'idOrName', search.idOrName);
  if (search.states) {
    const names = search.states.map((state, i) => {
      binds[`state${i}`] = state;
      return `:state${i}`;
    });
    conditions.push(`state in (${names.join(', ')})`);
  }
  const statement = sql(
    (words) =>
      `select * from ${table} where ${conditions.join(' and ')} order by ${time} desc, file_id ${words.limit(search.rowsMax)}`,
  );
  return database.all(statement, binds);
}
