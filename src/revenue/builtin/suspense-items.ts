/** The table `suspense_items`: money of nobody we know, held under its serial. */
import type { Moment } from '../../clock.js';
import { DatabaseError, type Row, type Session, sql } from '../../database/database.js';
import { dayCell, fenCell, numberCell, oneOfCell, textCell } from '../../database/index.js';
import { type Day, type Fen, parseSerial, type Serial } from '../../protocol/values.js';
import type { Unit } from '../unit.js';

export const suspenseStates = ['held', 'assigned', 'returned'] as const;
export interface SuspenseItem {
  /** Of its entry; names the item. */
  readonly number: string;
  readonly serial: Serial;
  /** As the platform gave it. */
  readonly customer: string;
  readonly amount: Fen;
  readonly bookingDay: Day;
  readonly receivedAt: Moment;
  readonly orderedBy: string;
  readonly state: (typeof suspenseStates)[number];
  /** Payment number or entry number; `''` while held. */
  readonly resolvedBy: string;
  /** Customer and operator, or the operator's reason; `''` while held. */
  readonly resolvedFor: string;
}
const COLUMNS = `entry_no, serial, customer, amount, booking_day, received_at, ordered_by, state, resolved_by, resolved_for`;
const insertItem = sql(`
  insert into suspense_items (entry_no, unit, serial, customer, amount, booking_day, received_at, booked_at, ordered_by, state)
  values (:number, :unit, :serial, :customer, :amount, :day, :receivedAt, :bookedAt, :orderedBy, :state)`);
const selectItem = sql(`select ${COLUMNS} from suspense_items where unit = :unit and entry_no = :number`);
const selectItems = sql(`
  select ${COLUMNS} from suspense_items where unit = :unit and state = :state order by booking_day, entry_no`);
const selectOfDay = sql(`
  select ${COLUMNS} from suspense_items
  where unit = :unit and state in ('held', 'assigned', 'returned') and booking_day = :day`);
const selectBehind = sql(`
  select ${COLUMNS} from suspense_items where resolved_by = :number and unit = :unit and state = 'assigned'`);
const resolveOfSerial = sql(`
  update suspense_items set state = :state, resolved_by = :by, resolved_for = :why, resolved_at = :at
  where unit = :unit and serial = :serial and state = 'held'`);
const resolve = sql(`
  update suspense_items set state = :state, resolved_by = :by, resolved_for = :why, resolved_at = :at
  where unit = :unit and entry_no = :number and state = 'held'`);

/** Items of a booking day, whatever became of them. */
export const itemsOfDay = async (session: Session, unit: Unit, day: Day): Promise<readonly SuspenseItem[]> =>
  (await session.all(selectOfDay, { unit: unit.id, day })).map(readItem);

/** The item that became this payment, if one did. */
export async function itemBehind(
  session: Session,
  unit: Unit,
  paymentNumber: string,
): Promise<SuspenseItem | undefined> {
  const [row] = await session.all(selectBehind, { unit: unit.id, number: paymentNumber });
  return row && readItem(row);
}

/** Items of a unit in one state, oldest first. */
export async function suspenseItems(
  session: Session,
  unit: Unit,
  state: SuspenseItem['state'],
): Promise<readonly SuspenseItem[]> {
  return (await session.all(selectItems, { unit: unit.id, state })).map(readItem);
}

/** An item that begins its life as held. */
export async function insertHeldItem(
  tx: Session,
  unit: Unit,
  item: Omit<SuspenseItem, 'state' | 'resolvedBy' | 'resolvedFor'>,
  bookedAt: Moment,
): Promise<void> {
  const { bookingDay: day, ...rest } = item;
  await tx.run(insertItem, { ...rest, unit: unit.id, day, bookedAt, state: 'held' });
}
/** Ends a held item. */
export async function resolveItem(
  tx: Session,
  unit: Unit,
  number: string,
  end: Resolution,
  at: Moment,
): Promise<void> {
  await tx.run(resolve, { unit: unit.id, number, ...end, at });
}
/** Ends what is held under a serial, if anything is. */
export async function resolveHeldOf(
  tx: Session,
  { unit, serial }: { readonly unit: string; readonly serial: Serial },
  end: Resolution,
  at: Moment,
): Promise<void> {
  await tx.run(resolveOfSerial, { unit, serial, ...end, at });
}
export interface Resolution {
  readonly state: 'assigned' | 'returned';
  /** The payment it became, or the entry that gave it back. */
  readonly by: string;
  readonly why: string;
}
export async function findItem(
  session: Session,
  unit: Unit,
  number: string,
): Promise<SuspenseItem | undefined> {
  const [row] = await session.all(selectItem, { unit: unit.id, number });
  return row && readItem(row);
}
function readItem(row: Row): SuspenseItem {
  const serial = parseSerial(textCell(row, 'serial'));
  if (serial === undefined) throw new DatabaseError('fault', 'column serial is not a serial');
  return {
    number: textCell(row, 'entry_no'),
    serial,
    customer: textCell(row, 'customer'),
    amount: fenCell(row, 'amount'),
    bookingDay: dayCell(row, 'booking_day'),
    receivedAt: numberCell(row, 'received_at'),
    orderedBy: textCell(row, 'ordered_by'),
    state: oneOfCell(row, 'state', suspenseStates),
    resolvedBy: textCell(row, 'resolved_by'),
    resolvedFor: textCell(row, 'resolved_for'),
  };
}
