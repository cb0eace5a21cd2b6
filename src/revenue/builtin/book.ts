/** Books money that came in: payment, allocations, bills, balance and ledger, in the caller's transaction under the account's lock. */
import type { Moment } from '../../clock.js';
import type { Session } from '../../database/database.js';
import type { Day, Fen } from '../../protocol/values.js';
import type { Allocation } from '../allocation.js';
import { addFen } from '../money.js';
import type { Unit } from '../unit.js';
import { type Account, setPrepaid } from './accounts.js';
import { type DueBill, settleBills } from './bills.js';
import { appendAllocations, appendEntry, type EntryKind, linesOf } from './ledger.js';
import { type Channel, insertNewPayment } from './payments.js';

export interface Booking {
  readonly paymentNumber: string;
  readonly kind: Extract<EntryKind, 'payment' | 'supplement' | 'deduction'>;
  readonly serial: string;
  readonly channel: Channel;
  readonly amount: Fen;
  readonly bookingDay: Day;
  readonly receivedAt: Moment;
  readonly bookedAt: Moment;
  readonly fundNumber?: string;
  readonly payMode?: string;
  readonly remark?: string;
  readonly orderedBy?: string;
  readonly replaces?: string;
  /** The entry that this one corrects where it replaces no payment. */
  readonly amends?: string;
  /** Where the money comes from; default clearing. */
  readonly from?: 'clearing' | 'suspense';
}

/** Books it. @returns the account's balance afterwards */
export async function book(
  tx: Session,
  unit: Unit,
  account: Account,
  booking: Booking,
  allocation: Allocation<DueBill>,
): Promise<Fen> {
  const { paymentNumber, bookedAt, bookingDay, amount } = booking;
  const balance = addFen(account.prepaid, allocation.prepaidChange);
  await insertNewPayment(tx, unit, {
    paymentNumber,
    serial: booking.serial,
    customer: account.customer,
    channel: booking.channel,
    bookingDay,
    receivedAt: booking.receivedAt,
    bookedAt,
    amount,
    principal: allocation.principal,
    lateFee: allocation.lateFee,
    prepaidChange: allocation.prepaidChange,
    balanceAfter: balance,
    fundNumber: booking.fundNumber ?? '',
    payMode: booking.payMode ?? '',
    remark: booking.remark ?? '',
    orderedBy: booking.orderedBy ?? '',
    replaces: booking.replaces ?? '',
  });
  await settleBills(tx, unit, allocation.settled, paymentNumber, bookingDay);
  await appendAllocations(tx, unit, paymentNumber, allocation.settled);
  await setPrepaid(tx, unit, account, balance, bookedAt);
  await appendEntry(tx, unit, {
    entryNumber: paymentNumber,
    kind: booking.kind,
    customer: account.customer,
    bookingDay,
    bookedAt,
    amends: booking.amends ?? booking.replaces ?? '',
    note: '',
    lines: linesOf(amount, allocation, booking.from),
  });
  return balance;
}
