import { chinaDay, chinaStamp } from '../clock.js';
import type { AnswerOf, balanceQuery, RequestOf } from '../protocol/index.js';
import { customerNumber, unknownCustomer } from './customer.js';
import type { Exchange } from './exchange.js';

/** Kind of balance on the wire; water knows one, the prepaid balance (预存). */
const PREPAID_KIND = '1';

/** 200007 and 200014: the prepaid balance (spec "200007/200014"). */
export async function handleBalanceQuery(
  request: RequestOf<typeof balanceQuery>,
  exchange: Exchange,
): Promise<AnswerOf<typeof balanceQuery>> {
  const number = await customerNumber(request, exchange);
  const asOf = chinaDay(exchange.receivedAt);
  const found =
    number === undefined ? undefined : await exchange.revenue.arrears(exchange.unit, number, asOf);
  if (found === undefined) return unknownCustomer(request, exchange);
  const readAt = chinaStamp(exchange.receivedAt);
  return {
    result: '9999',
    customer: found.customer.customer,
    customerName: found.customer.name,
    balance: found.prepaid,
    balanceAt: readAt,
    balances: [{ balanceKind: PREPAID_KIND, balance: found.prepaid, readAt }],
  };
}
