/** The first step of a run: lock bills, freeze their late fee and note them as lines of the request, in transactions of bounded size. */
import type { DeductibleBill } from '../../revenue/index.js';
import { type Batch, lockBatch, moveBatch, noteOutgoing, noteSums, touchBatch } from './batch.js';
import { failedIn, failedTries, insertItems, presentBills, sumsOf } from './items.js';
import type { DeductionRun } from './run.js';

/**
 * Ends with the batch locked and its file ordered, or empty. No line is there without its lock, no file without its lines; a lock whose line
 * could not be noted is found again by whoever goes on.
 */
export async function selectBills(run: DeductionRun, batch: Batch): Promise<void> {
  const { books, unit, outbox } = run;
  let chunk: DeductibleBill[] = [];
  let seen = 0;
  const lockAll = async (): Promise<boolean> => {
    run.signal?.throwIfAborted();
    const goesOn = chunk.length === 0 || (await lockChunk(run, batch, chunk));
    seen += chunk.length;
    run.progress?.(seen);
    chunk = [];
    return goesOn;
  };
  for await (const bill of books.eligible(unit, batch.day)) {
    chunk.push(bill);
    if (chunk.length >= books.atOnce && !(await lockAll())) return;
  }
  if (!(await lockAll())) return;
  await books.database.transaction(async (tx) => {
    const now = await lockBatch(tx, unit, batch.id);
    if (now?.state !== 'selecting') return;
    const { count, sum } = await sumsOf(tx, now);
    await noteSums(tx, now, count, sum);
    if (count > 0) {
      const orderedBy = now.orderedBy || 'deduction';
      const order = { unit, type: 'DKKK', dataDay: now.day, run: 1, orderedBy } as const;
      await noteOutgoing(tx, now, await outbox.orderIn(tx, order));
    }
    await moveBatch(tx, now, count === 0 ? 'empty' : 'locked', books.clock.now());
  });
}

/** @returns whether the batch is still being selected: another node may have gone on with it, or an operator released it */
function lockChunk(run: DeductionRun, batch: Batch, bills: readonly DeductibleBill[]): Promise<boolean> {
  const { books, unit } = run;
  return books.database.transaction(async (tx) => {
    const now = await lockBatch(tx, unit, batch.id);
    if (now?.state !== 'selecting') return false;
    await touchBatch(tx, now, books.clock.now());
    const [first, last] = [bills[0]?.customer ?? '', bills.at(-1)?.customer ?? ''];
    const tries = await failedTries(tx, unit.id, first, last);
    const present = await presentBills(tx, now, first, last);
    const failed = now.retryOf === '' ? undefined : await failedIn(tx, now.retryOf, first, last);
    // A customer with two agreements would otherwise be debited twice.
    const fresh = new Map(bills.map((bill) => [bill.bill, bill]));
    const wanted = [...fresh.values()].filter(
      ({ bill }) =>
        !present.has(bill) &&
        (failed === undefined || failed.has(bill)) &&
        (tries.get(bill) ?? 0) < now.triesMax,
    );
    const held = await books.hold(tx, unit, now.id, now.day, wanted);
    await insertItems(
      tx,
      now,
      wanted.filter(({ bill }) => held.has(bill)),
    );
    return true;
  });
}
