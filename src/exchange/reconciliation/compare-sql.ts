/**
 * The comparison in the database (SQLite's own statements: compare-sqlite-sql.ts). Lines are loaded into a temporary table: it needs no room in the log, no lock that a payment waits for, and
 * nothing of it is left when the node dies; the file itself is what lasts. Only differences leave the database.
 */
import type { Cell, DialectWords, Statement } from '../../database/database.js';
import { bigintCell, numberCell, optional, type Row, textCell } from '../../database/index.js';
import { classOf, type FoundDifference, type OurSide, type PlatformSide } from './difference.js';
import type { LineFinder, LineRest } from './line-batch.js';

/**
 * Not declared with `sql`: a test prepares all those on every database, and these name tables that exist only within a comparison, in words that
 * not all four know. The comparison's own tests run them.
 */
export const within = (text: string | ((words: DialectWords) => string)): Statement => ({
  text: typeof text === 'string' ? () => text : text,
});

const LINES = 'recon_lines';
const SERIALS = 'recon_serials';
const BOOKINGS = 'recon_bookings';

const onCommit = (words: DialectWords) => (words.client === 'postgres' ? 'on commit drop' : '');
/** The columns of the three tables; Oracle has two of them for good (as global temporary tables), made by a migration. */
const temporaryColumns = {
  // PostgreSQL: the parts of a key in their order, so that keys can be loaded as they stand. Detail and number stay empty then, and cost nothing.
  [LINES]: ({ client }: Pick<DialectWords, 'client'>) =>
    client === 'postgres'
      ? 'customer text, serial text, bank_day text, amount bigint, detail text, line_no bigint'
      : 'serial varchar(32), customer varchar(20), amount bigint, detail text, line_no bigint',
  [BOOKINGS]: () =>
    'serial varchar(32), customer varchar(20), amount bigint, payment_no varchar(24), state varchar(10)',
  [SERIALS]: () => 'serial varchar(32)',
} as const;
const createTable = (table: keyof typeof temporaryColumns): Statement =>
  within((w) => `create temporary table ${table} (${temporaryColumns[table](w)}) ${onCommit(w)}`);
const dropTable = (table: string): Statement => within(`drop table if exists ${table}`);
const emptyTable = (table: string): Statement => within(`delete from ${table}`);

export const createBookings = createTable(BOOKINGS);
export const createTables = [createTable(LINES), createBookings, createTable(SERIALS)];
export const dropTables = [dropTable(LINES), dropTable(BOOKINGS), dropTable(SERIALS)];
export const emptyLines = emptyTable(LINES);

/**
 * Enough for a million lines to be joined in memory; the default would write both sides to disk once more. Nothing is known of temporary tables, so the
 * planner would sort both sides, and compile the statement first.
 */
export const postgresSettings = [
  within(`set local work_mem = '96MB'`),
  within('set local max_parallel_workers_per_gather = 0'),
  within('set local enable_mergejoin = off'),
  within('set local jit = off'),
];

export const insertLines = within(`
  insert into recon_lines (serial, customer, amount, detail, line_no)
  values (:serial, :customer, :amount, :detail, :lineNo)`);
/** A key without its day. */
export const insertKeyParts = within(`
  insert into recon_lines (customer, serial, amount) values (:customer, :serial, :amount)`);
/** The parts of a key in their order, for COPY. */
export const insertKeys = within(`
  insert into recon_lines (customer, serial, bank_day, amount) values (:customer, :serial, :bankDay, :amount)`);
export const insertBookings = within(`
  insert into recon_bookings (serial, customer, amount, payment_no, state)
  values (:serial, :customer, :amount, :paymentNo, :state)`);

/** Where our side stands: in the built-in schema of the same database, or loaded beside the lines. */
export type OurSource = 'builtin' | 'loaded';
/**
 * As the view `platform_bookings` has them, but for one thing: a payment out of suspense stands here with the customer that an operator named. Whether
 * the platform named another is asked of the few that differ ({@link namedCustomer}); to join a million payments for it doubled the time.
 */
const oursOf: Readonly<Record<OurSource, string>> = {
  builtin: `(
    select serial, customer, amount, payment_no, state from payments
    where unit = :unit and booking_day = :day and channel = 'platform' and state <> 'reversed'
    union all
    select serial, customer, amount, entry_no as payment_no,
      case when state = 'held' then 'booked' else 'refunded' end as state
    from suspense_items where unit = :unit and booking_day = :day and state <> 'assigned') builtin_bookings`,
  loaded: BOOKINGS,
};
/** The customer that the platform named when it was held, else ours. */
export const namedCustomer = (payment: string, customer: string) =>
  `coalesce((select s.customer from suspense_items s where s.resolved_by = ${payment}), ${customer})`;
export const bindsOf = (source: OurSource, unit: string, day: string): Readonly<Record<string, Cell>> =>
  source === 'builtin' ? { unit, day } : {};

/** PostgreSQL and Oracle: one hash join over both sides. */
const fullJoin = (source: OurSource): Statement =>
  within(`
  select coalesce(l.serial, b.serial) as serial,
    l.customer as line_customer, l.amount as line_amount, l.detail, l.line_no,
    ${source === 'builtin' ? namedCustomer('b.payment_no', 'b.customer') : 'b.customer'} as our_customer,
    b.amount as our_amount, b.payment_no, b.state
  from recon_lines l
  full outer join (select serial, customer, amount, payment_no, state from ${oursOf[source]}) b on b.serial = l.serial
  where (l.serial is null and b.state = 'booked')
    or (l.serial is not null and (b.serial is null or b.state <> 'booked' or b.customer <> l.customer or b.amount <> l.amount))`);
export const fullJoins = { builtin: fullJoin('builtin'), loaded: fullJoin('loaded') } as const;

/** MariaDB has no full join: one sort of both sides finds the serials that do not pair; it carries only what pairing needs. */
const findSerials = (source: OurSource): Statement =>
  within(`
  insert into recon_serials (serial)
  select serial from (
    select serial, customer, amount from recon_lines
    union all
    select serial, case when state = 'booked' then customer else '' end as customer, amount from ${oursOf[source]}
  ) both_sides
  group by serial
  having count(*) <> 2 or min(customer) <> max(customer) or min(amount) <> max(amount)`);
export const serialFinders = { builtin: findSerials('builtin'), loaded: findSerials('loaded') } as const;
/** Then both sides of those few, one under the other. */
const bothSides = (source: OurSource): Statement =>
  within(`
  select serial, 'L' as side, customer, amount, detail, line_no, null as payment_no, null as state
  from recon_lines where serial in (select serial from recon_serials)
  union all
  select serial, 'B' as side, ${source === 'builtin' ? namedCustomer('payment_no', 'customer') : 'customer'} as customer,
    amount, null as detail, null as line_no, payment_no, state
  from ${oursOf[source]} where serial in (select serial from recon_serials)
  order by 1`);
export const sidePairs = { builtin: bothSides('builtin'), loaded: bothSides('loaded') } as const;

/** A row of {@link fullJoins}. */
export function readJoined(row: Row): FoundDifference | undefined {
  const platform: PlatformSide | undefined =
    textCell(row, 'line_customer') === ''
      ? undefined
      : {
          customer: textCell(row, 'line_customer'),
          amount: bigintCell(row, 'line_amount'),
          ...restOf(row),
        };
  const ours: OurSide | undefined =
    textCell(row, 'payment_no') === ''
      ? undefined
      : {
          customer: textCell(row, 'our_customer'),
          amount: bigintCell(row, 'our_amount'),
          paymentNumber: textCell(row, 'payment_no'),
          state: textCell(row, 'state') === 'booked' ? 'booked' : 'refunded',
        };
  return differenceOf(textCell(row, 'serial'), platform, ours);
}

/** Of a line that was loaded by its key the rest is found later ({@link withRest}). */
const restOf = (row: Row): LineRest => ({
  detail: textCell(row, 'detail'),
  line: optional(row, 'line_no', numberCell) ?? 0,
});
/** The differences with what was not loaded of their lines. */
export async function withRest(
  found: readonly FoundDifference[],
  find: LineFinder | undefined,
): Promise<readonly FoundDifference[]> {
  const lines = found.flatMap(({ serial, platform }) => (platform === undefined ? [] : [serial]));
  if (find === undefined || lines.length === 0) return found;
  const rests = (await find(lines)).values();
  return found.map((one) =>
    one.platform === undefined ? one : { ...one, platform: { ...one.platform, ...rests.next().value } },
  );
}

/** Rows of {@link sidePairs} in their order; gives a difference when all rows of its serial were seen. */
export class SideReader {
  #serial = '';
  #platform: PlatformSide | undefined;
  #ours: OurSide | undefined;

  push(row: Row): FoundDifference | undefined {
    const serial = textCell(row, 'serial');
    const found = serial === this.#serial ? undefined : this.end();
    this.#serial = serial;
    const [customer, amount] = [textCell(row, 'customer'), bigintCell(row, 'amount')];
    if (textCell(row, 'side') === 'L') {
      this.#platform = { customer, amount, ...restOf(row) };
    } else if (this.#ours?.state !== 'booked') {
      // A serial may have been refunded and supplemented: what is booked counts.
      const state = textCell(row, 'state') === 'booked' ? 'booked' : 'refunded';
      this.#ours = { customer, amount, paymentNumber: textCell(row, 'payment_no'), state };
    }
    return found;
  }
  end(): FoundDifference | undefined {
    const found = this.#serial === '' ? undefined : differenceOf(this.#serial, this.#platform, this.#ours);
    this.#serial = '';
    this.#platform = undefined;
    this.#ours = undefined;
    return found;
  }
}

function differenceOf(
  serial: string,
  platform: PlatformSide | undefined,
  ours: OurSide | undefined,
): FoundDifference | undefined {
  const kind = classOf(platform, ours);
  return kind === undefined ? undefined : { serial, class: kind, platform, ours };
}
