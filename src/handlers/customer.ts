import type { Customer, CustomerKey } from '../revenue/revenue-system.js';
import type { Exchange } from './exchange.js';

/** `queryType` → what is looked for (spec "200001", "200003"). */
export const customerKeys = {
  '0': 'customer',
  '01': 'customer',
  '1': 'mobile',
  '2': 'idCard',
  '3': 'oldCustomer',
} as const satisfies Record<string, CustomerKey>;

/** The one customer that is meant; none, or several under one mobile number, is nobody (1002). */
export async function findOne(
  exchange: Exchange,
  key: CustomerKey,
  value: string,
): Promise<Customer | undefined> {
  const { unit, notes } = exchange;
  const [found, ...others] = await exchange.revenue.findCustomers(unit, key, value);
  if (found === undefined || others.length > 0) {
    notes.reason =
      found === undefined
        ? `no customer with this ${key}`
        : `${others.length + 1} customers with this ${key}`;
    return undefined;
  }
  notes.customer = found.customer;
  return found;
}

interface CustomerOrQuery {
  readonly customer: string;
  readonly queryType: keyof typeof customerKeys | undefined;
  readonly queryValue: string;
}
/**
 * The customer number of a request that names the customer by `consNo` or by `queryType` and `queryValue`;
 * a number is not looked up here, the query that follows does it. `undefined`: nobody is named so.
 */
export async function customerNumber(
  request: CustomerOrQuery,
  exchange: Exchange,
): Promise<string | undefined> {
  const key = customerKeys[request.queryType ?? '0'];
  const given = request.customer || (key === 'customer' ? request.queryValue : '');
  if (given !== '') {
    exchange.notes.customer = given;
    return given;
  }
  return request.queryValue === '' ? undefined : (await findOne(exchange, key, request.queryValue))?.customer;
}

/** The answer where nobody was found: 1002, or 0004 when the request names nobody. */
export function unknownCustomer(
  request: { readonly customer?: string; readonly queryValue?: string },
  exchange: Exchange,
): { readonly result: '0004' | '1002' } {
  if (!request.customer && !request.queryValue) {
    exchange.notes.reason = 'the request names no customer';
    return { result: '0004' };
  }
  exchange.notes.reason ??= 'no such customer';
  return { result: '1002' };
}
