/** Payments, refunds and reversals as records (spec messages.md "200008", files.md "JF"). */

import { type Row, type Session, sql } from '../../database/database.js';
import { fenCell, numberCell, oneOfCell, textCell } from '../../database/index.js';
import type { Day } from '../../protocol/values.js';
import type { PaymentRecord } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { accountExists } from './accounts.js';
import { channels } from './payments.js';

const recordKinds = ['payment', 'reversal', 'refund'] as const satisfies readonly PaymentRecord['kind'][];

const COLUMNS = (
  table: 'p' | 'r',
) => `${table}.customer, ${table}.amount, ${table}.principal, ${table}.late_fee,
  ${table}.prepaid_change, ${table}.balance_after, ${table}.received_at, ${table}.booked_at`;
const RECORDS = (where: (table: 'p' | 'r') => string) => `
  select p.payment_no as record_no, 'payment' as kind, p.serial, p.channel, p.pay_mode, c.name, c.office, ${COLUMNS('p')}
  from payments p left join customers c on c.unit = p.unit and c.customer = p.customer
  where ${where('p')}
  union all
  select r.refund_no as record_no, r.kind, q.serial, q.channel, q.pay_mode, c.name, c.office, ${COLUMNS('r')}
  from refunds r join payments q on q.payment_no = r.payment_no
  left join customers c on c.unit = r.unit and c.customer = r.customer
  where ${where('r')}`;
const selectOfCustomer = sql(`
  ${RECORDS((t) => `${t}.unit = :unit and ${t}.customer = :customer and ${t}.booking_day between :fromDay and :toDay`)}
  order by booked_at, kind, record_no`);
const selectOfDay = sql(`
  ${RECORDS((t) => `${t}.unit = :unit and ${t}.booking_day = :day`)}
  order by record_no`);

/** Refunds and reversals carry what they take back, as negative amounts. */
export async function paymentRecords(
  session: Session,
  unit: Unit,
  customer: string,
  from: Day | undefined,
  to: Day | undefined,
): Promise<readonly PaymentRecord[] | undefined> {
  const binds = { unit: unit.id, customer, fromDay: from ?? '00000000', toDay: to ?? '99999999' };
  const rows = await session.all(selectOfCustomer, binds);
  if (rows.length === 0) return (await accountExists(session, unit, customer)) ? [] : undefined;
  return rows.map(readRecord);
}

/** All records of a booking day, every channel, in bounded memory (spec files.md "JF"). */
export async function* recordsOfDay(session: Session, unit: Unit, day: Day): AsyncIterable<PaymentRecord> {
  for await (const row of session.stream(selectOfDay, { unit: unit.id, day })) yield readRecord(row);
}

const readRecord = (row: Row): PaymentRecord => ({
  paymentNumber: textCell(row, 'record_no'),
  customer: textCell(row, 'customer'),
  customerName: textCell(row, 'name'),
  office: textCell(row, 'office'),
  serial: textCell(row, 'serial'),
  channel: oneOfCell(row, 'channel', channels),
  amount: fenCell(row, 'amount'),
  principal: fenCell(row, 'principal'),
  lateFee: fenCell(row, 'late_fee'),
  prepaidChange: fenCell(row, 'prepaid_change'),
  balanceAfter: fenCell(row, 'balance_after'),
  at: numberCell(row, 'received_at'),
  kind: oneOfCell(row, 'kind', recordKinds),
  payMode: textCell(row, 'pay_mode'),
});
