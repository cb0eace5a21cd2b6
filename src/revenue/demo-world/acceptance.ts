/** The customers of unit 90002: one for each result code that an acceptance (联调验收) has to show. */
import { addDays } from '../../clock.js';
import { type Day, fenOf, type Month } from '../../protocol/values.js';
import type { NewCustomer } from '../builtin/add-customers.js';
import type { NewBill } from '../builtin/issue-bills.js';

/** The unit of these customers: it answers 1003 and 1006 and knows an acceptance window and a limit. */
export const ACCEPTANCE_UNIT = '90002';
/** Fen: payments above it are answered 2004. */
export const ACCEPTANCE_AMOUNT_MAX = 1_000_000;
export const ACCEPTANCE_DAYS = 30;

/** What each customer is for. */
export const acceptanceCustomers = {
  owing: '9000200001',
  /** 1003 */
  settled: '9000200002',
  /** 1005 */
  unpayable: '9000200003',
  /** 2005 */
  closed: '9000200004',
  /** 1006, once `sluice deduct run --unit 90002` has locked its bill */
  deducted: '9000200005',
} as const;

export interface AcceptanceWorld {
  readonly customers: readonly NewCustomer[];
  readonly bills: readonly NewBill[];
  readonly agreements: readonly NewCustomer[];
}
/** @param today bills were issued last month, and carry no late fee yet */
export function acceptanceWorld(today: Day): AcceptanceWorld {
  const { owing, settled, unpayable, closed, deducted } = acceptanceCustomers;
  const customer = (number: string, name: string, more: Partial<NewCustomer> = {}): NewCustomer => ({
    customer: number,
    name,
    address: `演示市验收路${number.slice(-1)}号`,
    office: '9000201',
    officeName: '验收营业所',
    mobile: `1380000000${number.slice(-1)}`,
    contact: name,
    ...more,
  });
  const bill = (number: string, count: number, fen: bigint): NewBill => {
    const issuedOn = addDays(today, -10 - count);
    return {
      bill: `${number}${count}`,
      customer: number,
      month: issuedOn.slice(0, 6) as Month,
      amount: fenOf(fen),
      issuedOn,
      lateFeeFrom: addDays(today, 3650),
      volume: '12',
    };
  };
  const payer = customer(deducted, '代扣户', { idCard: '420000198001010005' });
  return {
    customers: [
      customer(owing, '欠费户'),
      customer(settled, '结清户'),
      customer(unpayable, '停缴户', { state: 'unpayable' }),
      customer(closed, '销户', { state: 'closed' }),
      payer,
    ],
    bills: [bill(owing, 1, 3640n), bill(owing, 2, 5220n), bill(deducted, 1, 4110n)],
    agreements: [payer],
  };
}
