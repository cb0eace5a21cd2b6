/** A small world for the tests of the revenue port: units by dialect, customers, bills; on whatever database or adapter. */
import { type Clock, type Moment, momentOf, systemClock } from '../../src/clock.js';
import { type Day, type Fen, fenOf, type Month, type Serial } from '../../src/protocol/values.js';
import type {
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
  lockBill(unit: Unit, bill: string, batch: string | undefined): Promise<void>;
  /** What is wrong with the books: nothing. */
  verify(): Promise<readonly unknown[]>;
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
