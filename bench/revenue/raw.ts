/**
 * The reference: the same statements by hand on the bare driver, prepared, in one transaction, with nothing around them: no judging, no port,
 * no error labels, no time-outs.
 */
import Sqlite from 'better-sqlite3';
import { createPool, type PoolConnection } from 'mysql2/promise';
import pg from 'pg';
import type { DatabaseSettings } from '../../src/database/index.js';
import { CALLERS } from './places.js';

export interface Raw {
  query(customer: string): Promise<void>;
  /** Settles the customer's open bills with exactly what they cost. */
  pay(customer: string, serial: string, number: string): Promise<void>;
  close(): Promise<void>;
}

const UNIT = 'B1';
const DAY = '20240115';
const AT = 1_705_291_200_000;
const HASH = '0'.repeat(64);

type Value = string | number | null;
type Find = (text: string, values: readonly Value[]) => Promise<readonly Record<string, unknown>[]>;

const QUERY = `
  select c.customer, c.name, c.address, c.office, c.office_name, c.customer_class, c.mobile, c.id_card, c.contact, c.province_code,
    c.province_name, c.city_code, c.city_name, c.county_code, a.state, a.late_fee_exempt, a.prepaid, b.bill, b.bill_month,
    b.fee_kind, b.volume, b.principal, b.received, b.late_fee_from, b.late_fee_exempt as exempt, b.late_fee_fixed,
    b.late_fee_frozen, b.locked_by
  from customers c join accounts a on a.unit = c.unit and a.customer = c.customer
  left join bills b on b.unit = c.unit and b.customer = c.customer and b.state = 'open'
  where c.unit = ? and c.customer = ? order by b.bill_month, b.bill`;
const CLAIM = `insert into serials (unit, serial, state, payment_no, content_hash, refusal, claimed_at, changed_at)
  values (?, ?, 'booked', ?, ?, null, ?, ?)`;
const ACCOUNT = 'select state, late_fee_exempt, prepaid from accounts where unit = ? and customer = ?';
const BILLS = `select bill, bill_month, fee_kind, volume, principal, received, late_fee_from, late_fee_exempt, late_fee_fixed,
    late_fee_frozen, locked_by
  from bills where unit = ? and customer = ? and state = 'open' order by bill_month, bill`;
const PAYMENT = `insert into payments (payment_no, unit, serial, customer, channel, state, booking_day, received_at, booked_at,
    amount, principal, late_fee, prepaid_change, balance_after, fund_number, pay_mode, remark, ordered_by, replaces)
  values (?, ?, ?, ?, 'platform', 'booked', ?, ?, ?, ?, ?, 0, 0, 0, null, null, null, null, null)`;
const SETTLE = `update bills set state = 'settled', received = principal, received_late_fee = 0, settled_by = ?, settled_on = ?
  where unit = ? and bill = ? and state = 'open'`;
const ALLOCATE = 'insert into allocations (entry_no, unit, bill, principal, late_fee) values (?, ?, ?, ?, 0)';
const ENTRY = `insert into ledger_entries (entry_no, unit, customer, kind, booking_day, booked_at, amends, note, clearing,
    receivables, late_fee_income, prepaid, suspense)
  values (?, ?, ?, 'payment', ?, ?, null, null, ?, ?, 0, 0, 0)`;

/** The steps of a payment, on whatever runs statements; `lock` is what the client says for a row lock. */
async function paySteps(
  find: Find,
  lock: string,
  customer: string,
  serial: string,
  number: string,
): Promise<void> {
  await find(CLAIM, [UNIT, serial, number, HASH, AT, AT]);
  await find(ACCOUNT + lock, [UNIT, customer]);
  const bills = await find(BILLS + lock, [UNIT, customer]);
  const amount = bills.reduce((sum, bill) => sum + Number(bill.principal), 0);
  await find(PAYMENT, [number, UNIT, serial, customer, DAY, AT, AT, amount, amount]);
  for (const bill of bills) await find(SETTLE, [number, DAY, UNIT, String(bill.bill)]);
  for (const bill of bills) await find(ALLOCATE, [number, UNIT, String(bill.bill), Number(bill.principal)]);
  await find(ENTRY, [number, UNIT, customer, DAY, AT, amount, -amount]);
}

export function openRaw(settings: DatabaseSettings): Raw {
  switch (settings.client) {
    case 'postgres':
      return rawPostgres(settings.url ?? '');
    case 'mysql':
      return rawMysql(settings.url ?? '');
    default:
      return rawSqlite(settings.file);
  }
}

function rawSqlite(file: string): Raw {
  const database = new Sqlite(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  const prepare = (text: string) => database.prepare(text);
  const known = new Map<string, ReturnType<typeof prepare>>();
  const find: Find = async (text, values) => {
    let statement = known.get(text);
    if (statement === undefined) {
      statement = prepare(text);
      known.set(text, statement);
    }
    if (statement.reader) return statement.all(values) as Record<string, unknown>[];
    statement.run(values);
    return [];
  };
  return {
    query: async (customer) => void (await find(QUERY, [UNIT, customer])),
    async pay(customer, serial, number) {
      database.exec('begin immediate');
      await paySteps(find, '', customer, serial, number);
      database.exec('commit');
    },
    close: async () => void database.close(),
  };
}

function rawPostgres(url: string): Raw {
  const pool = new pg.Pool({ connectionString: url, max: CALLERS });
  pool.on('error', () => {}); // The database is dropped while the last connections are still saying good-bye.
  const named = new Map<string, { readonly name: string; readonly text: string }>();
  const prepared = (text: string) => {
    const found = named.get(text);
    if (found !== undefined) return found;
    let place = 0;
    const made = { name: `r${named.size}`, text: text.replace(/\?/g, () => `$${++place}`) };
    named.set(text, made);
    return made;
  };
  const on =
    (runner: pg.Pool | pg.PoolClient): Find =>
    async (text, values) =>
      (await runner.query({ ...prepared(text), values: [...values] })).rows;
  return {
    query: async (customer) => void (await on(pool)(QUERY, [UNIT, customer])),
    async pay(customer, serial, number) {
      const client = await pool.connect();
      await client.query('begin');
      await paySteps(on(client), ' for update', customer, serial, number);
      await client.query('commit');
      client.release();
    },
    close: () => pool.end(),
  };
}

function rawMysql(url: string): Raw {
  const pool = createPool({ uri: url, connectionLimit: CALLERS });
  const on =
    (runner: PoolConnection): Find =>
    async (text, values) => {
      const [rows] = await runner.execute(text, [...values]);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    };
  return {
    async query(customer) {
      const connection = await pool.getConnection();
      await on(connection)(QUERY, [UNIT, customer]);
      connection.release();
    },
    async pay(customer, serial, number) {
      const connection = await pool.getConnection();
      await connection.query('start transaction');
      await paySteps(on(connection), ' for update', customer, serial, number);
      await connection.query('commit');
      connection.release();
    },
    close: () => pool.end(),
  };
}
