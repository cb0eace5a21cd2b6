import { chinaDay, chinaMonth } from '../clock.js';
import type { AnswerOf, arrearsQuery, RequestOf } from '../protocol/index.js';
import { type Fen, fenOf, zeroFen } from '../protocol/values.js';
import type { Arrears, OpenBill } from '../revenue/revenue-system.js';
import { customerNumber, unknownCustomer } from './customer.js';
import type { Exchange } from './exchange.js';

type Request = RequestOf<typeof arrearsQuery>;
type Answer = AnswerOf<typeof arrearsQuery>;

/**
 * 200001: what this customer owes now (spec "200001 arrears query").
 * The months asked for do not narrow the answer: a payment has to cover all that is due, and the captured peers
 * (fixtures 04 and 05) are answered with bills outside the months they name.
 */
export async function handleArrearsQuery(request: Request, exchange: Exchange): Promise<Answer> {
  const { unit, notes } = exchange;
  const customer = await customerNumber({ ...request, customer: '' }, exchange);
  const asOf = chinaDay(exchange.receivedAt);
  const arrears =
    customer === undefined
      ? undefined
      : await exchange.revenue.arrears(unit, customer, asOf, { feeKind: request.feeKind ?? '11' });
  if (arrears === undefined) return unknownCustomer(request, exchange);
  if (arrears.customer.state !== 'active') {
    notes.reason = `customer is ${arrears.customer.state}`;
    return { result: '1005' };
  }
  const locked = arrears.bills.some((bill) => bill.locked);
  if (locked && unit.dialect.lockPolicy === 'reject1006') {
    notes.reason = 'out for deduction';
    return { result: '1006' };
  }
  const bills =
    unit.dialect.lockPolicy === 'hide' ? arrears.bills.filter((bill) => !bill.locked) : arrears.bills;
  return answerOf(request, exchange, arrears, bills);
}

function answerOf(
  request: Request,
  exchange: Exchange,
  arrears: Arrears,
  bills: readonly OpenBill[],
): Answer {
  const { unit } = exchange;
  const { customer, prepaid } = arrears;
  const owner = {
    customer: customer.customer,
    customerName: customer.name,
    office: customer.office,
    officeName: customer.officeName,
    clearingUnit: unit.id,
  };
  const details = bills.map((bill) => ({
    ...owner,
    bill: bill.bill,
    month: bill.month,
    volume: bill.volume,
    receivable: bill.receivable,
    received: bill.received,
    lateFee: bill.lateFee,
    owed: owedOn(bill),
  }));
  const owed = total(details.map((detail) => detail.owed));
  const net = unit.dialect.prepaidNetted ? fenOf(owed - prepaid) : owed;
  const totalReceivable = total(details.map((detail) => detail.receivable));
  const nothing = details.length === 0;
  const month = request.toMonth ?? request.fromMonth ?? chinaMonth(exchange.receivedAt);
  return {
    ...owner,
    result: nothing && unit.dialect.nothingOwed === '1003' ? '1003' : '9999',
    address: customer.address,
    customerClass: customer.customerClass,
    prepaid,
    totalOwed: net > 0n ? net : zeroFen,
    totalReceivable,
    totalReceived:
      unit.dialect.receivedTotal === 'receivable'
        ? totalReceivable
        : total(details.map((detail) => detail.received)),
    totalLateFee: total(details.map((detail) => detail.lateFee)),
    billCount: details.length,
    bills:
      nothing && unit.dialect.nothingOwed === '9999-zero-detail'
        ? [{ ...owner, month, volume: '0' }]
        : details,
  };
}

/** receivable − received + late fee (spec "Rules"). */
const owedOn = (bill: OpenBill): Fen => fenOf(bill.receivable - bill.received + bill.lateFee);
const total = (amounts: readonly Fen[]): Fen => fenOf(amounts.reduce((sum, amount) => sum + amount, 0n));
