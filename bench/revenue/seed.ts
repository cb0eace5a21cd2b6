/** Customers with two open bills each, made by the database itself: ten million bills take minutes and not hours. */
import { systemClock, systemIds } from '../../src/clock.js';
import { type Client, type Database, type Session, sql } from '../../src/database/index.js';
import { addUnit, unitWith } from '../../src/revenue/index.js';

export const benchUnit = unitWith('B1', {}, { acceptanceDays: undefined, settleFromPrepaid: false });
export const customerOf = (index: number): string => `b${String(index).padStart(9, '0')}`;
export const BILLS_EACH = 2;

/** Customers in one transaction. */
const BATCH = 100_000;

/** The whole numbers `from` … below `to` as `s.n`. */
const numbers: Readonly<Record<Client, (from: number, to: number) => string>> = {
  postgres: (from, to) => `generate_series(${from}::bigint, ${to - 1}::bigint) as s(n)`,
  mysql: (from, to) => `(select seq as n from seq_${from}_to_${to - 1}) s`,
  sqlite: (from, to) =>
    `(with recursive r(n) as (select ${from} union all select n + 1 from r where n < ${to - 1}) select n from r) s`,
  oracle: (from, to) => `(select level + ${from} - 1 as n from dual connect by level <= ${to - from}) s`,
};
/** As `customerOf`. */
const name: Readonly<Record<Client, string>> = {
  postgres: "'b' || lpad(s.n::text, 9, '0')",
  mysql: "concat('b', lpad(s.n, 9, '0'))",
  sqlite: "printf('b%09d', s.n)",
  oracle: "'b' || lpad(to_char(s.n), 9, '0')",
};

/** Adds the customers `from` … below `to`. */
export async function seed(database: Database, from: number, to: number): Promise<void> {
  await addUnit({ database, clock: systemClock, ids: systemIds }, benchUnit);
  const { client } = database;
  for (let start = from; start < to; start += BATCH) {
    const source = numbers[client](start, Math.min(start + BATCH, to));
    const customer = name[client];
    await database.transaction(async (tx) => {
      await tx.run(
        sql(`insert into customers (unit, customer, name, address)
          select 'B1', ${customer}, '压测户', '演示路1号' from ${source}`),
      );
      await tx.run(
        sql(`insert into accounts (unit, customer, state, late_fee_exempt, prepaid, changed_at)
          select 'B1', ${customer}, 'active', 'N', 0, 0 from ${source}`),
      );
      for (let month = 1; month <= BILLS_EACH; month++)
        await tx.run(
          sql(`insert into bills (unit, bill, customer, bill_month, fee_kind, state, principal, received, received_late_fee,
              issued_on, late_fee_from, late_fee_exempt, volume, tiered)
            select 'B1', ${customer} || '${month - 1}', ${customer}, '20240${month}', '11', 'open', 4321, 0, 0,
              '20240105', '20240201', 'N', '17', 'N' from ${source}`),
        );
    });
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
