/** Writes now and then, so that a database that takes no writes is known before a payment finds out, and its recovery without one. */
import type { Clock } from '../clock.js';
import { type Database, sql } from './database.js';

const LOOK_MS = 1000;
/** A database that was written to since is not asked. */
const QUIET_MS = 5000;

// A row that nobody ever sees: it is deleted in the transaction that inserts it. Really committed, because a full disk shows only then.
const insertProbe = sql(
  'insert into schema_migration (name, batch, applied_at, step) values (:name, 0, :at, 0)',
);
const deleteProbe = sql('delete from schema_migration where name = :name');

/** @param owner tells the processes apart. Gives the function that ends it. */
export function watchWrites(database: Database, clock: Clock, owner: string): () => Promise<void> {
  let running: Promise<void> | undefined;
  const probe = async () => {
    const at = clock.now();
    const name = `~ probe of ${owner} ${at}`;
    await database
      .transaction(async (tx) => {
        await tx.run(insertProbe, { name, at });
        await tx.run(deleteProbe, { name });
      })
      // What it means is kept where every write passes; that it cannot be reached, is said there, too.
      .catch(() => undefined);
    running = undefined;
  };
  const stop = clock.every(LOOK_MS, () => {
    const { readOnly, lastAt } = database.writes;
    if (readOnly || clock.now() - lastAt >= QUIET_MS) running ??= probe();
  });
  return async () => {
    stop();
    await running;
  };
}
