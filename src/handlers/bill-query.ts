import type { AnswerOf, billQuery, RequestOf } from '../protocol/index.js';
import { customerNumber, unknownCustomer } from './customer.js';
import type { Exchange } from './exchange.js';
import { billLine } from './lines.js';

/** 200005: issued bills of a period, each as the DZZD line that the daily file would carry (spec "200005"). */
export async function handleBillQuery(
  request: RequestOf<typeof billQuery>,
  exchange: Exchange,
): Promise<AnswerOf<typeof billQuery>> {
  const { fromMonth, toMonth } = request;
  const number = await customerNumber(request, exchange);
  const bills =
    number === undefined
      ? undefined
      : await exchange.revenue.issuedBills(exchange.unit, number, fromMonth, toMonth);
  if (bills === undefined) return unknownCustomer(request, exchange);
  return { result: '9999', bills: bills.map((bill) => ({ line: billLine(bill, exchange.unit) })) };
}
