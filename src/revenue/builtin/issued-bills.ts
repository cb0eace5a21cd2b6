/** Bills as issued, with their fee items, readings and price tiers (spec messages.md "200005", files.md "DZZD"). */

import { type Row, type Session, sql } from '../../database/database.js';
import {
  dayCell,
  fenCell,
  flagCell,
  monthCell,
  oneOfCell,
  optional,
  textCell,
} from '../../database/index.js';
import type { Day, Month } from '../../protocol/values.js';
import type { IssuedBill } from '../revenue-system.js';
import type { Unit } from '../unit.js';
import { accountExists } from './accounts.js';
import { feeKinds } from './bills.js';

/** The three groups of a bill's lines, by their code in the exchange files. */
export const billParts = { fees: '01', readings: '02', tiers: '03' } as const;
export type BillPart = keyof typeof billParts;

const COLUMNS = `b.bill, b.customer, b.bill_month, b.fee_kind, b.issued_on, b.late_fee_from, b.principal, b.volume, b.year_volume,
  b.previous_reading, b.current_reading, b.multiplier, b.previous_read_day, b.current_read_day, b.tiered,
  c.name, c.address, c.office, c.office_name`;
const selectBills = sql(`
  select ${COLUMNS}
  from bills b join customers c on c.unit = b.unit and c.customer = b.customer
  where b.unit = :unit and b.customer = :customer and b.bill_month between :fromMonth and :toMonth
  order by b.bill_month, b.bill`);
const selectLines = sql(`
  select l.bill, l.part, l.content
  from bills b join bill_lines l on l.unit = b.unit and l.bill = b.bill
  where b.unit = :unit and b.customer = :customer and b.bill_month between :fromMonth and :toMonth
  order by l.bill, l.part, l.line_no`);

const selectIssued = sql(`
  select ${COLUMNS}
  from bills b join customers c on c.unit = b.unit and c.customer = b.customer
  where b.unit = :unit and b.issued_on = :day order by b.bill`);
const selectIssuedLines = sql(`
  select l.bill, l.part, l.content
  from bills b join bill_lines l on l.unit = b.unit and l.bill = b.bill
  where b.unit = :unit and b.issued_on = :day order by l.bill, l.part, l.line_no`);

export async function issuedBills(
  session: Session,
  unit: Unit,
  customer: string,
  from: Month | undefined,
  to: Month | undefined,
): Promise<readonly IssuedBill[] | undefined> {
  const binds = { unit: unit.id, customer, fromMonth: from ?? '000000', toMonth: to ?? '999999' };
  const bills = await session.all(selectBills, binds);
  if (bills.length === 0) return (await accountExists(session, unit, customer)) ? [] : undefined;
  const lines = linesByBill(await session.all(selectLines, binds));
  return bills.map((row) => readIssuedBill(row, lines.get(textCell(row, 'bill')) ?? []));
}

/** Bills issued on a day, in bounded memory: both streams come in the order of the bills and are merged (spec files.md "DZZD"). */
export async function* billsIssuedOn(session: Session, unit: Unit, day: Day): AsyncIterable<IssuedBill> {
  const binds = { unit: unit.id, day };
  const lines = session.stream(selectIssuedLines, binds)[Symbol.asyncIterator]();
  try {
    let line = await lines.next();
    for await (const row of session.stream(selectIssued, binds)) {
      const bill = textCell(row, 'bill');
      const own: Row[] = [];
      while (line.done !== true && textCell(line.value, 'bill') === bill) {
        own.push(line.value);
        line = await lines.next();
      }
      yield readIssuedBill(row, own);
    }
  } finally {
    await lines.return?.();
  }
}

function linesByBill(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const byBill = new Map<string, Row[]>();
  for (const row of rows) {
    const bill = textCell(row, 'bill');
    const known = byBill.get(bill);
    if (known === undefined) byBill.set(bill, [row]);
    else known.push(row);
  }
  return byBill;
}

function readIssuedBill(row: Row, lines: readonly Row[]): IssuedBill {
  const part = (code: string) =>
    lines
      .filter((line) => textCell(line, 'part') === code)
      .map((line) => readContent(textCell(line, 'content')));
  return {
    bill: textCell(row, 'bill'),
    customer: textCell(row, 'customer'),
    customerName: textCell(row, 'name'),
    address: textCell(row, 'address'),
    month: monthCell(row, 'bill_month'),
    feeKind: oneOfCell(row, 'fee_kind', feeKinds),
    issuedOn: dayCell(row, 'issued_on'),
    lateFeeFrom: dayCell(row, 'late_fee_from'),
    amount: fenCell(row, 'principal'),
    volume: textCell(row, 'volume'),
    yearVolume: textCell(row, 'year_volume'),
    previousReading: textCell(row, 'previous_reading'),
    currentReading: textCell(row, 'current_reading'),
    multiplier: textCell(row, 'multiplier'),
    previousReadDay: optional(row, 'previous_read_day', dayCell),
    currentReadDay: optional(row, 'current_read_day', dayCell),
    tiered: flagCell(row, 'tiered'),
    office: textCell(row, 'office'),
    officeName: textCell(row, 'office_name'),
    fees: part(billParts.fees),
    readings: part(billParts.readings),
    tiers: part(billParts.tiers),
  };
}

/** A line's values are kept as a JSON list of texts. */
export const storedContent = (values: readonly string[]): string => JSON.stringify(values);
function readContent(content: string): readonly string[] {
  const values: unknown = JSON.parse(content);
  return Array.isArray(values) ? values.map(String) : [];
}
