/** The customers of the captured messages (fixtures/world.json). */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { addDays } from '../../clock.js';
import { fenOf, type Month, parseDay, parseMonth } from '../../protocol/values.js';
import type { NewCustomer } from '../builtin/add-customers.js';
import type { NewBill } from '../builtin/issue-bills.js';

const FILE = new URL('../../../fixtures/world.json', import.meta.url);

const month = z.string().transform((text, context): Month => {
  const found = parseMonth(text);
  if (found === undefined) context.addIssue({ code: 'custom', message: 'not a month' });
  return found ?? z.NEVER;
});
const world = z.object({
  customers: z.array(
    z.object({
      unit: z.string(),
      consNo: z.string(),
      consName: z.string(),
      orgNo: z.string().default(''),
      orgName: z.string().default(''),
      addr: z.string(),
      prepaid: z.int(),
      bills: z.array(z.object({ id: z.string(), month, volume: z.int(), amount: z.int() })),
    }),
  ),
});

export interface Captured {
  readonly unit: string;
  readonly customer: NewCustomer;
  readonly bills: readonly NewBill[];
}

/** Customers and bills as captured; their bills carry no late fee. */
export function capturedWorld(): readonly Captured[] {
  const { customers } = world.parse(JSON.parse(readFileSync(FILE, 'utf8')));
  return customers.map((one) => ({
    unit: one.unit,
    customer: {
      customer: one.consNo,
      name: one.consName,
      address: one.addr,
      office: one.orgNo,
      officeName: one.orgName,
      prepaid: fenOf(BigInt(one.prepaid)),
      lateFeeExempt: true,
    },
    bills: one.bills.map((bill) => {
      const first = parseDay(`${bill.month}01`);
      if (first === undefined) throw new RangeError(`no such month: ${bill.month}`);
      return {
        bill: bill.id,
        customer: one.consNo,
        month: bill.month,
        amount: fenOf(BigInt(bill.amount)),
        volume: String(bill.volume),
        issuedOn: addDays(first, 31),
        lateFeeFrom: addDays(first, 61),
        lateFeeExempt: true,
      };
    }),
  }));
}
