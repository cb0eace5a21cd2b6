/**
 * The gateway's own journal: one row for each serial, `calling` while their procedure runs. Its primary key decides who may call; what is still
 * `calling` after a crash is settled by asking them for the serial (resolve.ts).
 */
import type { Moment } from '../../clock.js';
import { hasLabel, type Row, type Session, sql } from '../../database/database.js';
import { dayCell, fenCell, numberCell, oneOfCell, optional, textCell } from '../../database/index.js';
import { type Day, type Fen, parseSerial, type Serial } from '../../protocol/values.js';
import { type Refusal, refusals } from '../revenue-system.js';
import type { Unit } from '../unit.js';

const states = ['calling', 'booked', 'refused', 'void', 'freed'] as const;
export type JournalState = (typeof states)[number];

/** What a serial was last called for; `suspense`: nobody was called, its money is held by us. */
export const callKinds = ['payment', 'supplement', 'deduction', 'suspense'] as const;
export type CallKind = (typeof callKinds)[number];

export interface JournalRow {
  readonly unit: string;
  readonly serial: Serial;
  readonly theirSerial: string;
  readonly state: JournalState;
  readonly kind: CallKind;
  readonly priorState: JournalState | undefined;
  readonly contentHash: string;
  readonly refusal: Refusal | undefined;
  readonly customer: string;
  readonly amount: Fen | undefined;
  readonly bookingDay: Day | undefined;
  readonly paymentNumber: string;
  readonly attempt: string;
  readonly unsureUntil: Moment;
}
/** What a row says beside its keys and moments. */
export type Entry = Omit<JournalRow, 'unit' | 'serial'>;

const COLUMNS = `unit, serial, their_serial, state, kind, prior_state, content_hash, refusal, customer, amount, booking_day,
  payment_no, attempt, unsure_until`;
const insertRow = sql(`
  insert into existing_serials (unit, serial, their_serial, state, kind, prior_state, content_hash, refusal, customer,
    amount, booking_day, payment_no, attempt, unsure_until, claimed_at, changed_at)
  values (:unit, :serial, :theirSerial, :state, :kind, :priorState, :contentHash, :refusal, :customer,
    :amount, :bookingDay, :paymentNumber, :attempt, :unsureUntil, :at, :at)`);
const selectRow = sql(`select ${COLUMNS} from existing_serials where unit = :unit and serial = :serial`);
const selectTheirs = sql(
  `select ${COLUMNS} from existing_serials where unit = :unit and their_serial = :theirSerial`,
);
const selectCalling = sql(
  (words) => `
  select ${COLUMNS} from existing_serials where state = 'calling' and unsure_until < :before
  order by unsure_until ${words.limit(200)}`,
);
// Only as it was seen: another node may have been there meanwhile, and a serial can be booked before and after.
const claimRow = sql(`
  update existing_serials set state = 'calling', kind = :kind, prior_state = state, their_serial = :theirSerial,
    customer = :customer, amount = :amount, booking_day = :bookingDay, content_hash = :contentHash,
    attempt = :attempt, unsure_until = :unsureUntil, changed_at = :at
  where unit = :unit and serial = :serial and state = :seen and coalesce(attempt, '-') = :seenAttempt`);
const takeRow = sql(`
  update existing_serials set state = 'booked', kind = 'suspense', prior_state = null, customer = :customer, amount = :amount,
    booking_day = :bookingDay, content_hash = :contentHash, payment_no = :paymentNumber, attempt = :attempt, changed_at = :at
  where unit = :unit and serial = :serial and state = :seen and coalesce(attempt, '-') = :seenAttempt`);
const holdRow = sql(`
  update existing_serials set changed_at = :at
  where unit = :unit and serial = :serial and state = 'booked' and payment_no = :paymentNumber`);
const settleRow = sql(`
  update existing_serials set state = :state, payment_no = :paymentNumber, refusal = :refusal, changed_at = :at
  where unit = :unit and serial = :serial and state = 'calling' and attempt = :attempt`);
const moveRow = sql(`
  update existing_serials set state = :state, changed_at = :at
  where unit = :unit and serial = :serial and state = :seen`);
const releaseRow = sql(`
  delete from existing_serials
  where unit = :unit and serial = :serial and state = 'calling' and attempt = :attempt and prior_state is null`);

export async function findRow(
  session: Session,
  unit: Pick<Unit, 'id'>,
  serial: Serial,
): Promise<JournalRow | undefined> {
  const [row] = await session.all(selectRow, { unit: unit.id, serial });
  return row && readRow(row);
}
export async function findByTheirs(
  session: Session,
  unit: Pick<Unit, 'id'>,
  theirSerial: string,
): Promise<JournalRow | undefined> {
  const [row] = await session.all(selectTheirs, { unit: unit.id, theirSerial });
  return row && readRow(row);
}
/** Calls that can no longer be running and were not settled. */
export const callsInDoubt = async (session: Session, before: Moment): Promise<readonly JournalRow[]> =>
  (await session.all(selectCalling, { before })).map(readRow);

/** A call whose end the journal does not know. */
export interface PendingCall {
  readonly unit: string;
  readonly what: CallKind | 'refund' | 'reversal';
  readonly serial: string;
  readonly theirSerial: string;
  readonly customer: string;
  readonly amount: Fen | undefined;
  readonly begunAt: Moment;
  /** Before it, the call may still be running; the resolver settles it after. */
  readonly unsureUntil: Moment;
}
const selectPending = sql(`
  select s.unit, s.kind, s.serial, s.their_serial, s.customer, s.amount, s.changed_at as begun_at, s.unsure_until
  from existing_serials s where s.state = 'calling'
  union all
  select r.unit, r.kind, r.serial, s.their_serial, s.customer, s.amount, r.claimed_at as begun_at, r.unsure_until
  from existing_refunds r left join existing_serials s on s.unit = r.unit and s.serial = r.serial
  where r.state = 'calling'
  order by begun_at`);
/** Every call without an end, the oldest first. */
export const pendingCalls = async (journal: Session): Promise<readonly PendingCall[]> =>
  (await journal.all(selectPending)).map((row) => ({
    unit: textCell(row, 'unit'),
    what: oneOfCell(row, 'kind', [...callKinds, 'refund', 'reversal']),
    serial: textCell(row, 'serial'),
    theirSerial: textCell(row, 'their_serial'),
    customer: textCell(row, 'customer'),
    amount: optional(row, 'amount', fenCell),
    begunAt: numberCell(row, 'begun_at'),
    unsureUntil: numberCell(row, 'unsure_until'),
  }));

/** False: somebody knows this serial already. */
export async function insertEntry(
  session: Session,
  unit: Unit,
  serial: Serial,
  entry: Entry,
  at: Moment,
): Promise<boolean> {
  const { priorState = null, refusal = null, amount = null, bookingDay = null, ...rest } = entry;
  try {
    await session.run(insertRow, {
      ...rest,
      unit: unit.id,
      serial,
      priorState,
      refusal,
      amount,
      bookingDay,
      at,
    });
    return true;
  } catch (error) {
    if (hasLabel(error, 'duplicate')) return false;
    throw error;
  }
}
/** Takes a serial that is known for another call; false: it is not any more what was seen. */
export async function claimAgain(
  session: Session,
  row: JournalRow,
  entry: Entry,
  at: Moment,
): Promise<boolean> {
  const {
    theirSerial,
    kind,
    customer,
    contentHash,
    attempt,
    unsureUntil,
    amount = null,
    bookingDay = null,
  } = entry;
  const binds = { theirSerial, kind, customer, contentHash, attempt, unsureUntil, amount, bookingDay };
  return (await session.run(claimRow, { ...binds, ...seenKey(row), at })) === 1;
}
/** The money of a known serial is held by us now; false: it is not any more what was seen. */
export async function takeForSuspense(
  tx: Session,
  row: JournalRow,
  entry: Entry,
  at: Moment,
): Promise<boolean> {
  const { customer, contentHash, paymentNumber, attempt, amount = null, bookingDay = null } = entry;
  const binds = { customer, contentHash, paymentNumber, attempt, amount, bookingDay };
  return (await tx.run(takeRow, { ...binds, ...seenKey(row), at })) === 1;
}
/** Holds the row until the transaction ends; false: another number stands under the serial, or a call runs. */
export const holdBooked = async (
  tx: Session,
  unit: Unit,
  serial: Serial,
  paymentNumber: string,
  at: Moment,
) => (await tx.run(holdRow, { unit: unit.id, serial, paymentNumber, at })) === 1;
const seenKey = ({ unit, serial, state, attempt }: JournalRow) => ({
  ...{ unit, serial, seen: state, seenAttempt: attempt || '-' },
});
/** The end of a call; false: somebody else had settled it. */
export async function settle(
  session: Session,
  row: Pick<JournalRow, 'unit' | 'serial' | 'attempt'>,
  to: { readonly state: JournalState; readonly paymentNumber?: string; readonly refusal?: Refusal },
  at: Moment,
): Promise<boolean> {
  const { state, paymentNumber = null, refusal = null } = to;
  const { unit, serial, attempt } = row;
  return (await session.run(settleRow, { unit, serial, attempt, state, paymentNumber, refusal, at })) === 1;
}
export async function moveTo(
  session: Session,
  row: JournalRow,
  state: JournalState,
  at: Moment,
): Promise<boolean> {
  const binds = { unit: row.unit, serial: row.serial, seen: row.state, state, at };
  return (await session.run(moveRow, binds)) === 1;
}
/** Nothing was done under this serial: it is as if it had never been seen, or as it was before the supplement. */
export async function release(
  session: Session,
  row: Pick<JournalRow, 'unit' | 'serial' | 'attempt' | 'priorState' | 'paymentNumber' | 'refusal'>,
  at: Moment,
): Promise<void> {
  const { unit, serial, attempt, priorState: state, paymentNumber, refusal } = row;
  if (state === undefined) await session.run(releaseRow, { unit, serial, attempt });
  else await settle(session, row, { state, paymentNumber, ...(refusal && { refusal }) }, at);
}

const readRow = (row: Row): JournalRow => ({
  unit: textCell(row, 'unit'),
  serial: serialOf(textCell(row, 'serial')),
  theirSerial: textCell(row, 'their_serial'),
  state: oneOfCell(row, 'state', states),
  kind: oneOfCell(row, 'kind', callKinds),
  priorState: optional(row, 'prior_state', (r, c) => oneOfCell(r, c, states)),
  contentHash: textCell(row, 'content_hash'),
  refusal: optional(row, 'refusal', (r, c) => oneOfCell(r, c, refusals)),
  customer: textCell(row, 'customer'),
  amount: optional(row, 'amount', fenCell),
  bookingDay: optional(row, 'booking_day', dayCell),
  paymentNumber: textCell(row, 'payment_no'),
  attempt: textCell(row, 'attempt'),
  unsureUntil: optional(row, 'unsure_until', numberCell) ?? 0,
});
export function serialOf(text: string): Serial {
  const serial = parseSerial(text);
  if (serial === undefined) throw new Error('the journal holds a serial that is none');
  return serial;
}
