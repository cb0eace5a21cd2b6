/** Open bills of customers who follow their account in the app (spec files.md "CFTZ"). */

import { type Session, sql } from '../../database/database.js';
import { dayCell, flagCell, textCell } from '../../database/index.js';
import type { Day, Fen } from '../../protocol/values.js';
import { owedOf } from '../allocation.js';
import type { Unit } from '../unit.js';
import { dueOn, OPEN_BILL_COLUMNS, readOpenBill } from './bills.js';

export interface DunnableBill {
  readonly bill: string;
  readonly customer: string;
  readonly customerName: string;
  /** With late fee as of the day asked for. */
  readonly owed: Fen;
  readonly lateFeeFrom: Day;
}

const selectDunnable = sql(`
  select ${OPEN_BILL_COLUMNS}, b.customer, c.name, a.late_fee_exempt as customer_exempt
  from bindings g
  join accounts a on a.unit = g.unit and a.customer = g.customer
  join customers c on c.unit = g.unit and c.customer = g.customer
  join bills b on b.unit = g.unit and b.customer = g.customer and b.state = 'open' and b.locked_by is null
  where g.unit = :unit and g.bound = 'Y'
  order by b.customer, b.bill_month, b.bill`);

/** Open bills of bound customers that are not out for deduction, in bounded memory. */
export async function* dunnableBills(session: Session, unit: Unit, asOf: Day): AsyncIterable<DunnableBill> {
  for await (const row of session.stream(selectDunnable, { unit: unit.id })) {
    const due = dueOn(unit, readOpenBill(row, flagCell(row, 'customer_exempt')), asOf);
    yield {
      bill: due.bill,
      customer: textCell(row, 'customer'),
      customerName: textCell(row, 'name'),
      owed: owedOf(due),
      lateFeeFrom: dayCell(row, 'late_fee_from'),
    };
  }
}
