import { type AnswerOf, type customerQuery, type RequestOf, starred } from '../protocol/index.js';
import type { Customer } from '../revenue/revenue-system.js';
import type { Unit } from '../revenue/unit.js';
import { customerKeys, unknownCustomer } from './customer.js';
import type { Exchange } from './exchange.js';

/** 200003: name, address and contact of the customers found, masked by the unit's policy (spec "200003"). */
export async function handleCustomerQuery(
  request: RequestOf<typeof customerQuery>,
  exchange: Exchange,
): Promise<AnswerOf<typeof customerQuery>> {
  const { unit, notes } = exchange;
  const key = customerKeys[request.queryType];
  const found = await exchange.revenue.findCustomers(unit, key, request.queryValue);
  const [first] = found;
  if (first === undefined) return unknownCustomer(request, exchange);
  notes.customer = first.customer;
  return {
    result: '9999',
    customerCount: found.length,
    customers: found.map((customer) => rowOf(customer, unit)),
  };
}

function rowOf(customer: Customer, unit: Unit) {
  const shown = unit.maskPersonal ? starred : (text: string) => text;
  return {
    customer: customer.customer,
    customerName: shown(customer.name),
    address: shown(customer.address),
    office: customer.office,
    officeName: customer.officeName,
    provinceCode: customer.province.code,
    provinceName: customer.province.name,
    cityCode: customer.city.code,
    cityName: customer.city.name,
    countyCode: customer.countyCode,
    clearingUnit: unit.id,
    clearingUnitName: unit.name,
    contact: shown(customer.contact),
    mobile: shown(customer.mobile),
    certNumber: shown(customer.idCard),
    customerClass: customer.customerClass,
  };
}
