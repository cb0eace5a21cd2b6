/** For `sluice trace`: what the journal beside the utility's own schema says about a serial. Reads only, and by index only. */
import type { Moment } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { dayCell, fenCell, numberCell, optional, textCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';

export interface TracedCall {
  readonly unit: string;
  readonly serial: string;
  /** As it stands in their table. */
  readonly theirSerial: string;
  /** `calling`: asked of them, and the end not known yet. */
  readonly state: string;
  readonly kind: string;
  readonly refusal: string;
  readonly customer: string;
  readonly amount: Fen | undefined;
  readonly bookingDay: Day | undefined;
  readonly paymentNumber: string;
  readonly claimedAt: Moment;
  readonly changedAt: Moment;
  readonly refund:
    | {
        readonly refundNumber: string;
        readonly kind: string;
        readonly state: string;
        readonly changedAt: Moment;
      }
    | undefined;
}

const COLUMNS = `unit, serial, their_serial, state, kind, refusal, customer, amount, booking_day, payment_no, claimed_at,
  changed_at`;
const ofSerial = sql(`select ${COLUMNS} from existing_serials where unit = :unit and serial = :serial`);
const ofCustomer = sql(
  (words) => `
  select ${COLUMNS} from existing_serials where unit = :unit and customer = :customer
  order by claimed_at desc ${words.limit(100)}`,
);
const refundOf = sql(`
  select refund_no, kind, state, changed_at from existing_refunds where unit = :unit and payment_no = :number`);

/** Questions of one unit to the journal. */
export const traceExisting = (session: Session, unit: string) => ({
  async call(serial: string): Promise<TracedCall | undefined> {
    const [row] = await session.all(ofSerial, { unit, serial });
    return row && read(session, unit, row);
  },
  /** Newest first, at most 100. */
  async serialsOf(customer: string): Promise<readonly string[]> {
    return (await session.all(ofCustomer, { unit, customer })).map((row) => textCell(row, 'serial'));
  },
});

async function read(session: Session, unit: string, row: Row): Promise<TracedCall> {
  const paymentNumber = textCell(row, 'payment_no');
  const [refund] = paymentNumber === '' ? [] : await session.all(refundOf, { unit, number: paymentNumber });
  return {
    unit,
    serial: textCell(row, 'serial'),
    theirSerial: textCell(row, 'their_serial'),
    state: textCell(row, 'state'),
    kind: textCell(row, 'kind'),
    refusal: textCell(row, 'refusal'),
    customer: textCell(row, 'customer'),
    amount: optional(row, 'amount', fenCell),
    bookingDay: optional(row, 'booking_day', dayCell),
    paymentNumber,
    claimedAt: numberCell(row, 'claimed_at'),
    changedAt: numberCell(row, 'changed_at'),
    refund: refund && {
      refundNumber: textCell(refund, 'refund_no'),
      kind: textCell(refund, 'kind'),
      state: textCell(refund, 'state'),
      changedAt: numberCell(refund, 'changed_at'),
    },
  };
}
