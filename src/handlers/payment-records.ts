import type { AnswerOf, paymentRecords, RequestOf } from '../protocol/index.js';
import { customerNumber, unknownCustomer } from './customer.js';
import type { Exchange } from './exchange.js';
import { paymentLine } from './lines.js';

/** 200008: payments of a period, each as a JF line (spec "200008"). */
export async function handlePaymentRecords(
  request: RequestOf<typeof paymentRecords>,
  exchange: Exchange,
): Promise<AnswerOf<typeof paymentRecords>> {
  const { fromDay, toDay } = request;
  const number = await customerNumber(request, exchange);
  const records =
    number === undefined ? undefined : await exchange.revenue.payments(exchange.unit, number, fromDay, toDay);
  if (records === undefined) return unknownCustomer(request, exchange);
  return {
    result: '9999',
    payments: records.map((record) => ({ line: paymentLine(record, exchange.unit) })),
  };
}
