/** Proves the books over the whole database (spec money.md "Ledger"): set-based, and names every place where a promise does not hold. */

import { type Database, type Statement, sql } from '../../database/database.js';
import { textCell } from '../../database/index.js';

export interface Finding {
  /** Which promise is broken; closed set, see {@link ledgerPromises}. */
  readonly promise: LedgerPromise;
  readonly unit: string;
  /** The customer, bill, serial or number that it is about. */
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
}

/** At most so many findings of each promise are named; more of the same kind say nothing new. */
const NAMED_MAX = 1000;

interface Proof {
  /** For people, in Chinese and English. */
  readonly title: string;
  /** Gives `unit`, `subject`, `expected`, `found` for each place where it does not hold. */
  readonly broken: string;
}

const ledgerSum = 'clearing + receivables + late_fee_income + prepaid + suspense';

/** What is proved. Each statement gives the places where the promise is broken, so none is the proof. */
export const ledgerPromises = {
  'entry-balanced': {
    title: '分录借贷平衡 every entry sums to zero',
    broken: `select unit, entry_no as subject, 0 as expected, ${ledgerSum} as found
      from ledger_entries where ${ledgerSum} <> 0`,
  },
  'ledger-balanced': {
    title: '总账借贷平衡 all lines of a unit sum to zero',
    broken: `select unit, unit as subject, 0 as expected, sum(amount) as found
      from ledger_lines group by unit having sum(amount) <> 0`,
  },
  'bill-paid': {
    title: '账单实收 = 分配合计 what a bill received is the sum of its allocations',
    broken: `select b.unit, b.bill as subject, b.received + b.received_late_fee as expected,
        coalesce(a.principal, 0) + coalesce(a.late_fee, 0) as found
      from bills b left join (
        select unit, bill, sum(principal) as principal, sum(late_fee) as late_fee from allocations group by unit, bill
      ) a on a.unit = b.unit and a.bill = b.bill
      where b.received <> coalesce(a.principal, 0) or b.received_late_fee <> coalesce(a.late_fee, 0)`,
  },
  'allocation-has-bill': {
    title: '分配指向账单 every allocation is of a bill',
    broken: `select a.unit, a.bill as subject, 1 as expected, 0 as found from allocations a
      left join bills b on b.unit = a.unit and b.bill = a.bill where b.bill is null`,
  },
  'entry-allocated': {
    title: '分录 = 分配合计 what an entry took from receivables is the sum of its allocations',
    broken: `select e.unit, e.entry_no as subject, -(e.receivables + e.late_fee_income) as expected,
        coalesce(a.principal, 0) + coalesce(a.late_fee, 0) as found
      from ledger_entries e left join (
        select entry_no, sum(principal) as principal, sum(late_fee) as late_fee from allocations group by entry_no
      ) a on a.entry_no = e.entry_no
      where e.receivables <> -coalesce(a.principal, 0) or e.late_fee_income <> -coalesce(a.late_fee, 0)`,
  },
  'allocation-has-entry': {
    title: '分配指向分录 every allocation is of an entry',
    broken: `select a.unit, a.entry_no as subject, 1 as expected, 0 as found from allocations a
      left join ledger_entries e on e.entry_no = a.entry_no where e.entry_no is null`,
  },
  'account-balance': {
    title: '预存余额 = 预存分录合计 an account’s balance is the sum of its prepaid lines',
    broken: `select a.unit, a.customer as subject, -coalesce(l.amount, 0) as expected, a.prepaid as found
      from accounts a left join (
        select unit, customer, sum(prepaid) as amount from ledger_entries group by unit, customer
      ) l on l.unit = a.unit and l.customer = a.customer
      where a.prepaid <> -coalesce(l.amount, 0)`,
  },
  'entry-has-account': {
    title: '预存分录指向账户 every prepaid line is of an account',
    broken: `select e.unit, e.entry_no as subject, 1 as expected, 0 as found from ledger_entries e
      left join accounts a on a.unit = e.unit and a.customer = e.customer
      where e.prepaid <> 0 and a.customer is null`,
  },
  'payment-posted': {
    title: '缴费有分录 every payment has its entry with the same amounts',
    broken: `select p.unit, p.payment_no as subject, p.amount as expected, coalesce(e.clearing + e.suspense, 0) as found
      from payments p left join ledger_entries e on e.entry_no = p.payment_no
      where e.entry_no is null
        or not ((e.clearing = p.amount and e.suspense = 0) or (e.clearing = 0 and e.suspense = p.amount)) or e.receivables <> -p.principal
        or e.late_fee_income <> -p.late_fee or e.prepaid <> -p.prepaid_change`,
  },
  'refund-posted': {
    title: '退费有分录 every refund has its entry with the same amounts',
    broken: `select r.unit, r.refund_no as subject, r.amount as expected, coalesce(e.clearing, 0) as found
      from refunds r left join ledger_entries e on e.entry_no = r.refund_no
      where e.entry_no is null or e.clearing <> r.amount or e.receivables <> -r.principal
        or e.late_fee_income <> -r.late_fee or e.prepaid <> -r.prepaid_change`,
  },
  'posting-recorded': {
    title: '分录有单据 every posting of outside money has its payment or refund',
    broken: `select e.unit, e.entry_no as subject, e.clearing as expected, 0 as found from ledger_entries e
      left join payments p on p.payment_no = e.entry_no left join refunds r on r.refund_no = e.entry_no
      where e.kind in ('payment', 'supplement', 'deduction', 'refund', 'reversal')
        and p.payment_no is null and r.refund_no is null`,
  },
  'refund-whole': {
    title: '退费 = 缴费 a payment is taken back whole, or not at all',
    broken: `select p.unit, p.payment_no as subject,
        case when p.state = 'booked' then 0 else -p.amount end as expected, coalesce(r.amount, 0) as found
      from payments p left join refunds r on r.payment_no = p.payment_no
      where (p.state = 'booked' and r.refund_no is not null)
        or (p.state <> 'booked' and (r.refund_no is null or r.amount <> -p.amount))`,
  },
  'serial-booked': {
    title: '流水有缴费 every booked serial has its payment',
    broken: `select s.unit, s.serial as subject, 1 as expected, 0 as found from serials s
      left join payments p on p.payment_no = s.payment_no and p.unit = s.unit and p.serial = s.serial
      where s.state in ('booked', 'freed') and p.payment_no is null`,
  },
  'suspense-posted': {
    title: '暂挂有分录 every suspense item has its entry, and its serial while it is held',
    broken: `select i.unit, i.entry_no as subject, i.amount as expected, coalesce(-e.suspense, 0) as found
      from suspense_items i left join ledger_entries e on e.entry_no = i.entry_no
      left join serials s on s.unit = i.unit and s.serial = i.serial and s.payment_no = i.entry_no and s.state = 'suspense'
      where e.entry_no is null or e.suspense <> -i.amount or (i.state = 'held' and s.serial is null)`,
  },
  'payment-claimed': {
    title: '缴费有流水 every living payment of the platform is the one its serial names',
    broken: `select p.unit, p.payment_no as subject, 1 as expected, 0 as found from payments p
      left join serials s on s.unit = p.unit and s.serial = p.serial and s.payment_no = p.payment_no
      where p.state = 'booked' and p.channel = 'platform' and s.serial is null`,
  },
} as const satisfies Readonly<Record<string, Proof>>;
export type LedgerPromise = keyof typeof ledgerPromises;

const statements = (Object.keys(ledgerPromises) as LedgerPromise[]).map(
  (promise): readonly [LedgerPromise, Statement] => [
    promise,
    sql((words) => `${ledgerPromises[promise].broken} ${words.limit(NAMED_MAX)}`),
  ],
);

/** Where the books are wrong; empty: they are proved right. Reads everything: minutes on a large database. */
export async function verifyLedger(database: Database): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [promise, statement] of statements) {
    for (const row of await database.all(statement)) {
      findings.push({
        promise,
        unit: textCell(row, 'unit'),
        subject: textCell(row, 'subject'),
        expected: textCell(row, 'expected'),
        found: textCell(row, 'found'),
      });
    }
  }
  return findings;
}
