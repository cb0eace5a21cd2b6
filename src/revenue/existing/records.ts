/** Payments, refunds and reversals as their tables write them. */
import { type Moment, momentOf } from '../../clock.js';
import { DatabaseError, type Row } from '../../database/database.js';
import { textCell } from '../../database/index.js';
import { parseDay } from '../../protocol/values.js';
import type { Customer, PaymentRecord } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { type Desk, platformSerialOf } from './desk.js';
import { textOr } from './theirs.js';

const KINDS = { payment: 'payment', refund: 'refund', reversal: 'reversal' } as const;
const CHANNELS = { platform: 'platform', deduction: 'deduction', counter: 'counter' } as const;
export async function readRecord(
  desk: Desk,
  unit: Unit,
  row: Row,
  owner: Pick<Customer, 'customer' | 'name' | 'office'>,
): Promise<PaymentRecord> {
  const { formats } = desk.theirs;
  return {
    paymentNumber: textCell(row, 'payment_number'),
    customer: owner.customer,
    customerName: owner.name,
    office: owner.office,
    serial: await platformSerialOf(desk, unit, textCell(row, 'serial')),
    channel: formats.readMapped(row, 'channel', CHANNELS),
    amount: formats.readAmount(row, 'amount'),
    principal: formats.readAmount(row, 'principal'),
    lateFee: formats.readAmount(row, 'late_fee'),
    prepaidChange: formats.readAmount(row, 'prepaid_change'),
    balanceAfter: formats.readAmount(row, 'balance_after'),
    at: momentIn(textCell(row, 'paid_at')),
    kind: formats.readMapped(row, 'kind', KINDS),
    payMode: textOr(row, 'pay_mode'),
  };
}

/** `yyyyMMddHHmmss` in China. */
function momentIn(text: string): Moment {
  const day = parseDay(text.slice(0, 8));
  if (day === undefined || !/^\d{14}$/.test(text))
    throw new DatabaseError('fault', 'existing revenue schema: column paid_at is not yyyyMMddHHmmss');
  return momentOf(day, text.slice(8));
}
