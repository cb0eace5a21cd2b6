/** Batch deduction on the built-in schema: locks, bookings and what is noted of them are one transaction. */
import { type Database, hasLabel } from '../../database/database.js';
import type { Debit, DebitOutcome, DeductionBooks } from '../deduction-books.js';
import type { Books } from './books.js';
import { bookDebits, unlockBills } from './debits.js';
import { bookDebit, countEligible, eligibleBills, lockBills, unlockBatch } from './deduction.js';

/** @param reads a database whose statements may take their time: where the eligible bills are read; default: the books' own */
export const builtinDeduction = (
  books: Books,
  reads: () => Promise<Database> = async () => books.database,
): DeductionBooks => ({
  ...books,
  // Long enough for statements over many rows, short enough for payments that wait for it (on SQLite all do).
  atOnce: 500,
  async *eligible(unit, asOf) {
    yield* eligibleBills(await reads(), unit, asOf);
  },
  countEligible: (unit) => countEligible(books.database, unit),
  hold: (tx, unit, batch, _asOf, bills) => lockBills(tx, unit, batch, bills),
  async settle(unit, batch, read, note) {
    const settle = (many: boolean) =>
      books.database.transaction(async (tx) => {
        const results = await read(tx);
        const { debits, failed } = results;
        const outcomes = many
          ? await bookDebits(books, tx, unit, debits)
          : await oneByOne(debits, (debit) => bookDebit(books, tx, unit, debit));
        await unlockBills(tx, unit, batch, failed);
        await note(tx, results, outcomes);
      });
    try {
      await settle(true);
    } catch (error) {
      // One of the serials is known already: one after the other finds out which, and what becomes of it.
      if (!hasLabel(error, 'duplicate')) throw error;
      await settle(false);
    }
  },
  release: (unit, batch, note) =>
    books.database.transaction(async (tx) => {
      await note(tx);
      return unlockBatch(tx, unit, batch);
    }),
});

async function oneByOne(
  debits: readonly Debit[],
  book: (debit: Debit) => Promise<DebitOutcome>,
): Promise<readonly DebitOutcome[]> {
  const outcomes: DebitOutcome[] = [];
  for (const debit of debits) outcomes.push(await book(debit));
  return outcomes;
}
