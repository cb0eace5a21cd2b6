import type { AnswerOf, bindingNotice, RequestOf } from '../protocol/index.js';
import { unknownCustomer } from './customer.js';
import type { Exchange } from './exchange.js';

/** 200004: the customer was bound or unbound in the app; feeds bill and dunning files (spec "200004"). */
export async function handleBindingNotice(
  request: RequestOf<typeof bindingNotice>,
  exchange: Exchange,
): Promise<AnswerOf<typeof bindingNotice>> {
  exchange.notes.customer = request.customer;
  const bound = request.deal === '1';
  const known = await exchange.revenue.bind(exchange.unit, request.customer, bound, exchange.receivedAt);
  return known ? { result: '9999' } : unknownCustomer(request, exchange);
}
