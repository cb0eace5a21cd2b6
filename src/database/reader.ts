/** For set-sized work that runs in a thread of its own beside the open database (reconciliation on SQLite). */
import type SqliteDatabase from 'better-sqlite3';
import { compile } from './compile.js';
import type { Client, Statement } from './database.js';
import { wordsFor } from './words.js';

/** A raw connection to the file that can change nothing in it; temporary tables it may have. The caller closes it. */
export async function openReader(file: string): Promise<SqliteDatabase> {
  const { openFile } = await import('./sqlite.js');
  return openFile(file, true);
}

/** The text for a raw connection, and the bind name of each `?`. */
export function renderStatement(
  statement: Statement,
  client: Client,
): { readonly text: string; readonly names: readonly string[] } {
  return compile(statement.text(wordsFor(client)), '', 'question');
}
