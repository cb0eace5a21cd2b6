/**
 * The table `serials`: one row for each serial that a unit ever heard of. Its primary key is the claim that makes a payment happen once,
 * on any node; and the memory of what was refused or voided.
 */
import type { Moment } from '../../clock.js';
import { type Row, type Session, sql } from '../../database/database.js';
import { oneOfCell, optional, textCell } from '../../database/index.js';
import type { Serial } from '../../protocol/values.js';
import { type Refusal, refusals } from '../revenue-system.js';
import type { Unit } from '../unit.js';

/** `void`: promised never to be booked. `suspense`: its money is here and belongs to nobody we know; `returned`: and was given back. `freed`: its payment was taken back, and a supplement may take the serial. */
export const serialStates = ['booked', 'refused', 'void', 'freed', 'suspense', 'returned'] as const;
export const paymentStates = ['booked', 'refunded', 'reversed'] as const;

export interface KnownSerial {
  readonly state: (typeof serialStates)[number];
  /** `''` unless booked or freed; of the entry where it is or was in suspense. */
  readonly paymentNumber: string;
  readonly contentHash: string;
  readonly refusal: Refusal | undefined;
  /** Of its payment; `undefined` when there is none. */
  readonly paymentState: (typeof paymentStates)[number] | undefined;
  readonly paymentCustomer: string;
}

const insertSerial = sql(`
  insert into serials (unit, serial, state, payment_no, content_hash, refusal, claimed_at, changed_at)
  values (:unit, :serial, :state, :paymentNo, :hash, :refusal, :claimedAt, :at)`);
const changeSerial = sql(`
  update serials set state = :state, payment_no = :paymentNo, content_hash = :hash, refusal = :refusal, changed_at = :at
  where unit = :unit and serial = :serial`);
const COLUMNS =
  's.state, s.payment_no, s.content_hash, s.refusal, p.state as payment_state, p.customer as payment_customer';
const selectSerial = sql(`
  select ${COLUMNS} from serials s left join payments p on p.payment_no = s.payment_no
  where s.unit = :unit and s.serial = :serial`);
// Two statements, because no row of an outer join's far side can be locked on PostgreSQL.
const lockSerial = sql(
  (words) => `select serial from serials where unit = :unit and serial = :serial ${words.forUpdate}`,
);

export type SerialChange =
  | { readonly state: 'booked'; readonly paymentNumber: string; readonly contentHash: string }
  | { readonly state: 'refused'; readonly refusal: Refusal; readonly contentHash: string }
  | { readonly state: 'void' }
  | {
      readonly state: 'freed' | 'suspense' | 'returned';
      readonly paymentNumber: string;
      readonly contentHash: string;
    };

const bindsOf = (unit: Unit, serial: Serial, change: SerialChange, at: Moment) => ({
  unit: unit.id,
  serial,
  state: change.state,
  paymentNo: 'paymentNumber' in change ? change.paymentNumber : null,
  hash: 'contentHash' in change ? change.contentHash : null,
  refusal: 'refusal' in change ? change.refusal : null,
  at,
  // A name that stands twice in an insert keeps it from being sent as many rows at once.
  claimedAt: at,
});

/** The same for many. @throws {DatabaseError} `duplicate` when somebody knows one of them */
export async function claimSerials(
  tx: Session,
  unit: Unit,
  claims: readonly {
    readonly serial: Serial;
    readonly paymentNumber: string;
    readonly contentHash: string;
  }[],
  at: Moment,
) {
  const rows = claims.map(({ serial, ...rest }) => bindsOf(unit, serial, { state: 'booked', ...rest }, at));
  if (rows.length > 0) await tx.runMany(insertSerial, rows);
}
/** Claims a serial that nobody knows yet. @throws {DatabaseError} `duplicate` when somebody does */
export async function claimSerial(tx: Session, unit: Unit, serial: Serial, change: SerialChange, at: Moment) {
  await tx.run(insertSerial, bindsOf(unit, serial, change, at));
}
export async function changeSerialTo(
  tx: Session,
  unit: Unit,
  serial: Serial,
  change: SerialChange,
  at: Moment,
) {
  await tx.run(changeSerial, bindsOf(unit, serial, change, at));
}
/** What is known of the serial, committed; `undefined`: nothing. */
export async function findSerial(
  session: Session,
  unit: Unit,
  serial: Serial,
): Promise<KnownSerial | undefined> {
  const [row] = await session.all(selectSerial, { unit: unit.id, serial });
  return row && readSerial(row);
}
/** The same, and nobody else can change it before the transaction ends. */
export async function findSerialLocked(
  tx: Session,
  unit: Unit,
  serial: Serial,
): Promise<KnownSerial | undefined> {
  const found = await tx.all(lockSerial, { unit: unit.id, serial });
  return found.length === 0 ? undefined : findSerial(tx, unit, serial);
}

const readSerial = (row: Row): KnownSerial => ({
  state: oneOfCell(row, 'state', serialStates),
  paymentNumber: textCell(row, 'payment_no'),
  contentHash: textCell(row, 'content_hash'),
  refusal: optional(row, 'refusal', (r, c) => oneOfCell(r, c, refusals)),
  paymentState: optional(row, 'payment_state', (r, c) => oneOfCell(r, c, paymentStates)),
  paymentCustomer: textCell(row, 'payment_customer'),
});

/** May the platform's books still bring a booking under this serial? Living, refunded and suspended payments stand; the rest gives way. */
export function mayBeSupplemented(known: KnownSerial): boolean {
  switch (known.state) {
    case 'booked':
      return known.paymentState === 'reversed';
    case 'suspense':
    case 'returned':
      return false;
    case 'refused':
    case 'void':
    case 'freed':
      return true;
    default:
      return known.state satisfies never;
  }
}
