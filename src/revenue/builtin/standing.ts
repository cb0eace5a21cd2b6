/** The built-in schema as reconciliation sees it. */
import { type Row, sql } from '../../database/database.js';
import { dayCell, fenCell, numberCell, oneOfCell, optional, textCell } from '../../database/index.js';
import type { Serial } from '../../protocol/values.js';
import type { ReconciliationBooks, SerialStanding, StandingBooking } from '../reconciliation-books.js';
import type { Unit } from '../unit.js';
import { accountExists } from './accounts.js';
import type { Books } from './books.js';
import { reverse } from './refund.js';
import { refundOfPayment } from './refunds.js';
import { paymentStates, serialStates } from './serials.js';
import { supplement } from './supplement.js';
import { assignSuspense, holdInSuspense, returnSuspense } from './suspense.js';

// One row of a serial, its payment or suspense item, and the refund of the payment. `a`: the item that was assigned to this payment.
const selectStanding = sql(`
  select s.state, s.payment_no, p.state as payment_state, coalesce(a.customer, p.customer, i.customer) as customer,
    coalesce(p.amount, i.amount) as amount, coalesce(p.booking_day, i.booking_day) as booking_day,
    coalesce(p.received_at, i.received_at) as received_at, coalesce(p.ordered_by, i.ordered_by) as ordered_by,
    r.refund_no, r.booking_day as refund_day, i.resolved_by as returned_by
  from serials s
  left join payments p on p.payment_no = s.payment_no
  left join suspense_items a on a.resolved_by = p.payment_no
  left join suspense_items i on i.entry_no = s.payment_no
  left join refunds r on r.payment_no = p.payment_no
  where s.unit = :unit and s.serial = :serial`);

async function standing(books: Books, unit: Unit, serial: Serial): Promise<SerialStanding> {
  const [row] = await books.database.all(selectStanding, { unit: unit.id, serial });
  if (row === undefined) return { kind: 'none', reversal: '' };
  const state = oneOfCell(row, 'state', serialStates);
  switch (state) {
    case 'void':
    case 'refused':
      return { kind: 'none', reversal: '' };
    case 'freed':
      return { kind: 'none', reversal: textCell(row, 'refund_no') };
    case 'suspense':
      return { kind: 'held', ...bookingOf(row) };
    case 'returned':
      return { kind: 'returned', refundNumber: textCell(row, 'returned_by'), ...bookingOf(row) };
    case 'booked':
      return ofPayment(row);
    default:
      return state satisfies never;
  }
}
function ofPayment(row: Row): SerialStanding {
  const state = oneOfCell(row, 'payment_state', paymentStates);
  const refundNumber = textCell(row, 'refund_no');
  switch (state) {
    case 'booked':
      return { kind: 'booked', ...bookingOf(row) };
    case 'refunded':
      return {
        kind: 'refunded',
        ...bookingOf(row),
        refundNumber,
        refundDay: optional(row, 'refund_day', dayCell),
      };
    case 'reversed':
      return { kind: 'none', reversal: refundNumber };
    default:
      return state satisfies never;
  }
}
const bookingOf = (row: Row): StandingBooking => ({
  paymentNumber: textCell(row, 'payment_no'),
  customer: textCell(row, 'customer'),
  amount: fenCell(row, 'amount'),
  bookingDay: dayCell(row, 'booking_day'),
  receivedAt: numberCell(row, 'received_at'),
  orderedBy: textCell(row, 'ordered_by'),
});

/** Reconciliation on the built-in schema. */
export const builtinReconciliation = (books: Books): ReconciliationBooks => ({
  supplement: (unit, order) => supplement(books, unit, order),
  reverse: (unit, order) => reverse(books, unit, order),
  standing: (unit, serial) => standing(books, unit, serial),
  reversalOf: async (_, paymentNumber) =>
    (await refundOfPayment(books.database, paymentNumber))?.refundNumber ?? '',
  hasCustomer: (unit, customer) => accountExists(books.database, unit, customer),
  bookings: undefined,
  suspense: {
    async hold(unit, order) {
      const held = await holdInSuspense(books, unit, order);
      return held.kind === 'held' ? { number: held.number } : 'already-booked';
    },
    assign: (unit, number, customer, operator) => assignSuspense(books, unit, number, customer, operator),
    giveBack: (unit, number, reason) => returnSuspense(books, unit, number, reason),
  },
});
