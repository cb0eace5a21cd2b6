import type { AnswerOf, payment, RequestOf } from '../protocol/index.js';
import type { PaymentOrder } from '../revenue/revenue-system.js';
import type { Exchange } from './exchange.js';
import { paymentRefusalCode } from './refusal.js';

/** 200002: books a payment, or says why nothing is booked (spec "200002 payment"). */
export async function handlePayment(
  request: RequestOf<typeof payment>,
  exchange: Exchange,
): Promise<AnswerOf<typeof payment>> {
  const { unit, notes } = exchange;
  const [first] = request.rows;
  if (first === undefined) return refuse('0004', 'no rows');
  const { customer } = first;
  notes.customer = customer;
  if (request.rows.some((row) => row.customer !== customer))
    return refuse('0003', 'rows of several customers');
  // A prepayment has one row and says 0 or 1 (spec "chargeCnt").
  if (request.rowCount !== request.rows.length && !(request.rowCount === 0 && request.rows.length === 1)) {
    return refuse('0003', `chargeCnt ${request.rowCount}, rows ${request.rows.length}`);
  }
  const outcome = await exchange.revenue.pay(unit, orderOf(request, customer, exchange));
  switch (outcome.kind) {
    case 'booked':
      return { result: '9999', extend: unit.dialect.paymentNumberInExtend ? outcome.paymentNumber : '' };
    case 'duplicate':
      return outcome.same && unit.dialect.duplicateAnswer === '9999IfSame'
        ? { result: '9999', extend: unit.dialect.paymentNumberInExtend ? outcome.paymentNumber : '' }
        : refuse('2001', outcome.same ? 'repeat of a booked payment' : 'booked serial with other content');
    case 'refused':
      return refuse(paymentRefusalCode(outcome.refusal, unit), outcome.refusal);
    default:
      return outcome satisfies never;
  }

  function refuse(result: AnswerOf<typeof payment>['result'], reason: string): AnswerOf<typeof payment> {
    notes.reason = reason;
    return { result };
  }
}

const orderOf = (request: RequestOf<typeof payment>, customer: string, exchange: Exchange): PaymentOrder => ({
  serial: request.serial,
  customer,
  amount: request.amount,
  bankDay: request.bookingDay,
  receivedAt: exchange.receivedAt,
  rows: request.rows,
  fundNumber: request.fundNumber,
  payMode: request.payMode,
  remark: request.remark,
});
