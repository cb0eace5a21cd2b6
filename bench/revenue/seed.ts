/** Customers with two open bills each, and bills that were settled long ago around them. */
import { systemClock, systemIds } from '../../src/clock.js';
import { type Database, type Session, sql } from '../../src/database/index.js';
import { type Day, fenOf, type Month } from '../../src/protocol/values.js';
import { addCustomers, issueBills, unitWith } from '../../src/revenue/index.js';

export const benchUnit = unitWith('B1', {}, { acceptanceDays: undefined, settleFromPrepaid: false });
export const customerOf = (index: number): string => `b${String(index).padStart(9, '0')}`;
export const BILLS_EACH = 2;

const BATCH = 5000;

/** Adds the customers `from` … below `to`. */
export async function seed(database: Database, from: number, to: number): Promise<void> {
  const books = { database, clock: systemClock, ids: systemIds };
  for (let start = from; start < to; start += BATCH) {
    const names = Array.from({ length: Math.min(BATCH, to - start) }, (_, index) =>
      customerOf(start + index),
    );
    await addCustomers(
      books,
      benchUnit,
      names.map((customer) => ({ customer, name: '压测户', address: '演示路1号' })),
    );
    const bills = names.flatMap((customer) =>
      Array.from({ length: BILLS_EACH }, (_, month) => ({
        bill: `${customer}${month}`,
        customer,
        month: `20240${month + 1}` as Month,
        amount: fenOf(4321n),
        volume: '17',
        issuedOn: '20240105' as Day,
        lateFeeFrom: '20240201' as Day,
      })),
    );
    await issueBills(books, benchUnit, bills);
  }
  await analyze(database);
}

const tables = ['customers', 'accounts', 'bills', 'serials', 'payments', 'allocations', 'ledger_entries'];
async function analyze(session: Session): Promise<void> {
  const word = session.client === 'mysql' ? 'analyze table' : 'analyze';
  for (const table of tables) {
    const statement = sql(`${word} ${table}`);
    if (session.client === 'mysql') await session.all(statement);
    else await session.run(statement);
  }
}
