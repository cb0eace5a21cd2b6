/** A batch follows its file: what the exchange has done with the file is noted in the batch. */
import type { Books } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import type { OutgoingState } from '../outgoing/outgoing-file.js';
import { OutgoingTable } from '../outgoing/outgoing-table.js';
import { type Batch, type BatchState, lockBatch, moveBatch, noteFile } from './batch.js';

/** What a batch is when its file is so; nothing: the file says nothing about it. */
const stateOf: Readonly<Record<OutgoingState, BatchState | undefined>> = {
  generating: 'locked',
  written: 'written',
  published: 'published',
  verified: 'published',
  // It lies where the platform looks; what was refused is the notice.
  failed: 'published',
  noticed: 'noticed',
  empty: undefined,
  withdrawn: undefined,
};
const order: readonly BatchState[] = ['locked', 'written', 'published', 'noticed'];

/** Never goes back: a file that is published again was published before. @returns the batch as it is now */
export async function followFile(
  books: Pick<Books, 'database' | 'clock'>,
  unit: Unit,
  batch: Batch,
): Promise<Batch> {
  if (batch.outgoingId === '' || !order.includes(batch.state)) return batch;
  const file = await new OutgoingTable(books.database).find(batch.outgoingId);
  const state = file && stateOf[file.state];
  if (file === undefined || state === undefined || order.indexOf(state) <= order.indexOf(batch.state)) {
    return batch;
  }
  const { name, sha256, bytes = 0 } = file;
  return books.database.transaction(async (tx) => {
    const now = await lockBatch(tx, unit, batch.id);
    if (now === undefined) throw new Error('a deduction batch has gone');
    if (!order.includes(now.state) || order.indexOf(state) <= order.indexOf(now.state)) return now;
    await noteFile(tx, now, name, sha256, bytes);
    await moveBatch(tx, now, state, books.clock.now());
    return { ...now, state, fileName: name, sha256, bytes, changedAt: books.clock.now() };
  });
}
