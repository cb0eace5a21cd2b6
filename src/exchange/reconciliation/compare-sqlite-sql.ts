/**
 * The comparison in SQLite, which joins two large sides only row by row through an index. One sort of both sides pairs them instead. What is sorted is
 * one text for each row, the key of dsdz-fast.ts: a line and a booking agree when their keys are equal, so that nothing else is asked of a pair.
 */
import type { Statement } from '../../database/database.js';
import { createBookings, namedCustomer, type OurSource, within } from './compare-sql.js';

const key = (customer: string) => `${customer} || '|' || serial || '|' || :day || '|' || amount`;
/** What is not booked pairs with no line, and not with its like either. */
const keyWhere = (booked: string, number: string) =>
  `case when ${booked} then ${key('customer')} else '|' || serial || '|' || ${number} end`;

/** `detail` and `line_no` of lines that were not read by their keys. */
export const sqliteTables = [
  within('create temporary table recon_lines (line_key text, detail text, line_no integer)'),
  createBookings,
  within('create temporary table recon_alone (side text, place integer)'),
];
export const insertKey = within('insert into recon_lines (line_key) values (:key)');
export const insertKeyAndRest = within(
  'insert into recon_lines (line_key, detail, line_no) values (:key, :detail, :lineNo)',
);

/** Our side in its tables: each row's key, and what stands in it. */
interface Ours {
  /** One letter for each table. */
  readonly side: string;
  readonly table: string;
  readonly where: string;
  readonly key: string;
  readonly customer: string;
  readonly number: string;
  readonly state: string;
}
/** As `builtin_bookings` of compare-sql.ts has them. */
const oursOf: Readonly<Record<OurSource, readonly Ours[]>> = {
  builtin: [
    {
      side: 'P',
      table: 'payments',
      where: "unit = :unit and booking_day = :day and channel = 'platform' and state <> 'reversed'",
      key: keyWhere("state = 'booked'", 'payment_no'),
      customer: namedCustomer('payment_no', 'customer'),
      number: 'payment_no',
      state: 'state',
    },
    {
      side: 'S',
      table: 'suspense_items',
      where: "unit = :unit and booking_day = :day and state <> 'assigned'",
      key: keyWhere("state = 'held'", 'entry_no'),
      customer: 'customer',
      number: 'entry_no',
      state: "case when state = 'held' then 'booked' else 'refunded' end",
    },
  ],
  loaded: [
    {
      side: 'B',
      table: 'recon_bookings',
      where: ':day is not null',
      key: key('customer'),
      customer: 'customer',
      number: 'payment_no',
      state: 'state',
    },
  ],
};

/** Rows whose key no other has. */
const findAlone = (source: OurSource): Statement =>
  within(`
  insert into recon_alone (side, place)
  select side, place from (
    select line_key as pairing, 'L' as side, rowid as place from recon_lines
    ${oursOf[source].map((one) => `union all select ${one.key}, '${one.side}', rowid from ${one.table} where ${one.where}`).join(' ')}
  ) both_sides
  group by pairing having count(*) = 1`);
export const aloneFinders = { builtin: findAlone('builtin'), loaded: findAlone('loaded') } as const;

/** Those few as rows for SideReader: both sides of a serial one under the other. */
const aloneRows = (source: OurSource): Statement =>
  within(`
  select substr(rest, 1, instr(rest, '|') - 1) as serial, 'L' as side, customer,
    cast(substr(rest, instr(rest, '|') + 10) as integer) as amount, detail, line_no, null as payment_no, null as state
  from (
    select substr(line_key, 1, instr(line_key, '|') - 1) as customer, substr(line_key, instr(line_key, '|') + 1) as rest, detail, line_no
    from recon_alone join recon_lines on recon_lines.rowid = place where side = 'L') lines_alone
  ${oursOf[source]
    .map(
      (one) => `union all
  select serial, 'B', ${one.customer}, amount, null, null, ${one.number}, ${one.state}
  from recon_alone join ${one.table} on ${one.table}.rowid = place where side = '${one.side}'`,
    )
    .join(' ')}
  order by 1`);
export const alonePairs = { builtin: aloneRows('builtin'), loaded: aloneRows('loaded') } as const;
