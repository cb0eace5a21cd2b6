import type { AnswerOf, agreementQuery, RequestOf } from '../protocol/index.js';
import { customerNumber, unknownCustomer } from './customer.js';
import type { Exchange } from './exchange.js';

/** 200006: the deduction agreements of a customer (spec "200006"). */
export async function handleAgreementQuery(
  request: RequestOf<typeof agreementQuery>,
  exchange: Exchange,
): Promise<AnswerOf<typeof agreementQuery>> {
  const number = await customerNumber(request, exchange);
  const agreements =
    number === undefined ? undefined : await exchange.revenue.agreements(exchange.unit, number);
  if (number === undefined || agreements === undefined) return unknownCustomer(request, exchange);
  const [owner] =
    agreements.length === 0 ? [] : await exchange.revenue.findCustomers(exchange.unit, 'customer', number);
  return {
    result: '9999',
    agreements: agreements.map(({ email: _email, ...agreement }) => ({
      ...agreement,
      customerName: owner?.name ?? '',
      payMode: '1',
      payModeName: '批量代扣',
    })),
  };
}
