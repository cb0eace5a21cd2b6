/** DKKK: the lines of a run as the exchange writes them. The same items make the same bytes, whoever writes them and how often. */
import type { Database } from '../../database/index.js';
import { exchangeFiles } from '../../protocol/index.js';
import { defineProducer, type ProduceOrder, type Producer } from '../outgoing/producer.js';
import { type Batch, batchOfDay } from './batch.js';
import { type Item, itemsBetween } from './items.js';

const PAGE = 1000;

/** @param open opens a database whose statements may take their time */
export function deductionRequests(open: () => Promise<Database>): Producer {
  return defineProducer({
    type: 'DKKK',
    file: exchangeFiles.DKKK,
    async *details(order) {
      const database = await open();
      const batch = await batchOf(database, order);
      for (let first = 1; first <= batch.count; first += PAGE) {
        const items = await itemsBetween(database, batch, first, first + PAGE - 1);
        for (const item of items) yield lineOf(batch, item);
      }
    },
    async summary({ lineCount, total }, order) {
      const batch = await batchOf(await open(), order);
      if (lineCount !== batch.count || total !== batch.sum)
        throw new Error(`batch ${batch.id} holds ${batch.count} lines, and ${lineCount} were written`);
      return { lineCount, total: batch.sum, startDay: batch.day, bankCode: batch.bankCode, inTransit: '' };
    },
  });
}

async function batchOf(database: Database, { id, unit, dataDay }: ProduceOrder): Promise<Batch> {
  const batch = await batchOfDay(database, unit, dataDay);
  if (batch?.outgoingId === id) return batch;
  throw new Error(`file ${id} belongs to no deduction run`);
}

const lineOf = (batch: Batch, item: Item) => ({
  detail: item.detail,
  customer: item.customer,
  clearingUnit: batch.unit,
  account: item.bankAccount,
  volume: item.volume,
  bill: item.bill,
  month: item.month,
  receivable: item.principal,
  lateFee: item.lateFee,
  amount: item.amount,
  requestedOn: batch.day,
});
