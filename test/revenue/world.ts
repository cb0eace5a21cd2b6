/** A small world for the tests of the revenue port: units by dialect, customers, bills; on whatever database or adapter. */
import { type Clock, type Moment, momentOf, systemClock } from '../../src/clock.js';
import { type Day, type Fen, fenOf, type Month, type Serial } from '../../src/protocol/values.js';
import type {
  FeeKind,
  PaymentOrder,
  RefundOrder,
  RevenueSystem,
  SupplementOrder,
} from '../../src/revenue/revenue-system.js';
import type { Unit } from '../../src/revenue/unit.js';

export const fen = (value: number | bigint): Fen => fenOf(BigInt(value));
export const today = '20240115' as Day;
export const noon: Moment = momentOf(today, '120000');

/** A clock that stands where the test puts it; timers are real, because drivers wait with them. */
export function testClock(at: Moment = noon): Clock & { set(at: Moment): void } {
  let now = at;
  return {
    now: () => now,
    set: (next) => {
      now = next;
    },
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    after: (ms, call) => systemClock.after(ms, call),
    every: (ms, call) => systemClock.every(ms, call),
  };
}

export interface TestBill {
  readonly bill: string;
  readonly month: string;
  readonly amount: number;
  readonly lateFeeFrom?: string;
  readonly lateFeeExempt?: boolean;
  readonly lateFeeFixed?: number;
  readonly feeKind?: FeeKind;
}
export interface TestCustomer {
  readonly state?: 'active' | 'unpayable' | 'closed';
  readonly prepaid?: number;
  readonly bills?: readonly TestBill[];
  readonly mobile?: string;
  readonly name?: string;
}

/** What the contract suite needs to know of a revenue system: how to make customers in it, lock bills, and prove its books. */
export interface World {
  readonly revenue: RevenueSystem;
  /** The same system seen from another node. */
  readonly other: RevenueSystem;
  readonly clock: ReturnType<typeof testClock>;
  addCustomer(unit: Unit, customer: string, details: TestCustomer): Promise<void>;
  /** Issues a bill as the unit's rules say: settled from prepaid where it covers it. */
  issueBill(unit: Unit, customer: string, bill: TestBill): Promise<void>;
  lockBill(unit: Unit, bill: string, batch: string | undefined, frozenLateFee?: bigint): Promise<void>;
  /** What its payment numbers look like; default ours. */
  readonly paymentNumbers?: RegExp;
  /** What is wrong with the books: nothing. */
  verify(): Promise<readonly unknown[]>;
  /** Σ of the unit's ledger lines. */
  ledgerSum(unit: Unit): Promise<bigint>;
}

let serialCount = 0;
/** A serial that no test has used, in the shape of production. */
export const freshSerial = (): Serial =>
  `2024011500003001${String(++serialCount).padStart(12, '0')}` as Serial;

export const payment = (
  customer: string,
  amount: number,
  more: Partial<Omit<PaymentOrder, 'amount'>> & { readonly bills?: readonly string[] } = {},
): PaymentOrder => {
  const { bills = [''], ...rest } = more;
  return {
    serial: freshSerial(),
    customer,
    amount: fen(amount),
    bankDay: today,
    receivedAt: noon,
    rows: bills.map((bill) => ({ customer, bill, month: '202401' as Month })),
    fundNumber: '',
    payMode: '',
    remark: '',
    ...rest,
  };
};
export const refundOf = (order: PaymentOrder, more: Partial<RefundOrder> = {}): RefundOrder => ({
  originalSerial: order.serial,
  serial: freshSerial(),
  amount: order.amount,
  bankDay: today,
  receivedAt: noon,
  ...more,
});
export const supplementOf = (order: PaymentOrder, more: Partial<SupplementOrder> = {}): SupplementOrder => ({
  serial: order.serial,
  customer: order.customer,
  amount: order.amount,
  bookingDay: order.bankDay,
  receivedAt: noon,
  rows: order.rows,
  orderedBy: 'recon test',
  ...more,
});

let customerCount = 0;
/** A customer that no other test has, with bills named after it: `{ a: 100 }` is bill `<customer>a` of 202401 and so on by letter. */
export async function customerWith(
  world: World,
  unit: Unit,
  bills: Readonly<Record<string, number>> = {},
  more: Omit<TestCustomer, 'bills'> & {
    readonly late?: string;
    readonly exempt?: boolean;
    readonly otherFees?: string;
  } = {},
): Promise<string> {
  const { late = '20240201', exempt = false, otherFees = '', ...details } = more;
  const customer = `k${String(++customerCount).padStart(5, '0')}`;
  await world.addCustomer(unit, customer, {
    ...details,
    bills: Object.entries(bills).map(([letter, amount]) => ({
      bill: customer + letter,
      month: `2023${String(letter.charCodeAt(0) - 96).padStart(2, '0')}`,
      amount,
      lateFeeFrom: late,
      lateFeeExempt: exempt,
      feeKind: otherFees.includes(letter) ? '12' : '11',
    })),
  });
  return customer;
}

/** What the customer owes, as one line: open bills by letter, prepaid. */
export async function standing(
  world: World,
  unit: Unit,
  customer: string,
  asOf: Day = today,
): Promise<string> {
  const found = await world.other.arrears(unit, customer, asOf);
  if (found === undefined) return 'unknown';
  return `${found.bills.map((bill) => bill.bill.slice(customer.length)).join('')} ${found.prepaid}`;
}
