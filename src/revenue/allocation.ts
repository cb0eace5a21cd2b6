/** Which bills a payment settles and what it does to the prepaid balance (spec money.md "Payment"). Pure: the caller holds the account. */
import type { UnitDialect } from '../protocol/dialect.js';
import { type Fen, zeroFen } from '../protocol/values.js';
import { addFen, maxFen, subFen, sumFen } from './money.js';

/** An open bill as allocation sees it. */
export interface OwedBill {
  readonly bill: string;
  readonly month: string;
  readonly principal: Fen;
  readonly lateFee: Fen;
  readonly locked: boolean;
}
export type AllocationRules = Pick<
  UnitDialect,
  'amountRule' | 'billsChosen' | 'lockPolicy' | 'prepaidNetted'
>;

export interface Allocation<B extends OwedBill = OwedBill> {
  readonly settled: readonly B[];
  readonly principal: Fen;
  readonly lateFee: Fen;
  /** Added to (positive) or used from (negative) the prepaid balance. */
  readonly prepaidChange: Fen;
}
export type AllocationRefusal =
  | 'amount-does-not-fit'
  | 'bill-locked'
  | { readonly namedButNotOpen: readonly string[] };
export type AllocationResult<B extends OwedBill = OwedBill> =
  | { readonly ok: true; readonly allocation: Allocation<B> }
  | { readonly ok: false; readonly refusal: AllocationRefusal };

/** What the bill costs, late fee included. */
export const owedOf = (bill: OwedBill): Fen => addFen(bill.principal, bill.lateFee);

/** Oldest month first; bills of one month by their id, so that every node settles in the same order. */
export const oldestFirst = (a: OwedBill, b: OwedBill): number =>
  a.month < b.month ? -1 : a.month > b.month ? 1 : a.bill < b.bill ? -1 : a.bill > b.bill ? 1 : 0;

/** What must be paid for these bills: the sum, less the prepaid balance where the unit nets it; never negative. */
export function dueAmount(bills: readonly OwedBill[], prepaid: Fen, prepaidNetted: boolean): Fen {
  const owed = sumFen(bills.map(owedOf));
  return prepaidNetted ? maxFen(subFen(owed, prepaid), zeroFen) : owed;
}

/** The bills that the lock policy shows (spec "Batch deduction": `hide`). */
export const visibleBills = <B extends { readonly locked: boolean }>(
  bills: readonly B[],
  policy: UnitDialect['lockPolicy'],
): readonly B[] => (policy === 'hide' ? bills.filter((bill) => !bill.locked) : bills);

/**
 * Decides a payment.
 * @param open all open bills of the customer
 * @param named the bill ids of the payment's rows; `''` and `'0'` mean any bill of this customer
 */
export function allocatePayment<B extends OwedBill>(
  rules: AllocationRules,
  amount: Fen,
  prepaid: Fen,
  open: readonly B[],
  named: readonly string[],
): AllocationResult<B> {
  const chosen = chooseBills(rules, open, named);
  if (!chosen.ok) return chosen;
  const bills = chosen.bills;
  if (rules.lockPolicy === 'reject1006' && bills.some((bill) => bill.locked)) return refused('bill-locked');
  const due = dueAmount(bills, prepaid, rules.prepaidNetted);
  switch (rules.amountRule) {
    case 'atLeastDue':
      return amount < due
        ? refused('amount-does-not-fit')
        : { ok: true, allocation: settleAll(bills, amount) };
    case 'exact':
      return amount === due
        ? { ok: true, allocation: settleAll(bills, amount) }
        : refused('amount-does-not-fit');
    case 'any':
      return { ok: true, allocation: settleAsFar(bills, amount, prepaid) };
    default:
      return rules.amountRule satisfies never;
  }
}

function settleAll<B extends OwedBill>(bills: readonly B[], amount: Fen): Allocation<B> {
  return allocationOf(bills.toSorted(oldestFirst), amount);
}

function allocationOf<B extends OwedBill>(settled: readonly B[], amount: Fen): Allocation<B> {
  const principal = sumFen(settled.map((bill) => bill.principal));
  const lateFee = sumFen(settled.map((bill) => bill.lateFee));
  return { settled, principal, lateFee, prepaidChange: subFen(amount, addFen(principal, lateFee)) };
}

/**
 * Settles whole bills, oldest first, as far as the amount and the prepaid balance reach; the rest is prepaid. Never refuses.
 * It stops at the first bill that is not covered: a younger, smaller bill never overtakes an older one.
 */
export function settleAsFar<B extends OwedBill>(
  bills: readonly B[],
  amount: Fen,
  prepaid: Fen,
): Allocation<B> {
  // A balance below zero (a refund may overdraw, where the unit allows it) is paid back first, like any other prepaid.
  let left = addFen(amount, prepaid);
  const settled: B[] = [];
  for (const bill of bills.toSorted(oldestFirst)) {
    const owed = owedOf(bill);
    if (owed > left) break;
    left = subFen(left, owed);
    settled.push(bill);
  }
  return allocationOf(settled, amount);
}

/**
 * The bills that a payment proved by the platform's books may settle (spec "T+1 reconciliation", supplement): the named ones where the
 * unit pays by bill, else all; those out for deduction only where the unit lets them be paid meanwhile.
 */
export function billsForSupplement<B extends OwedBill>(
  rules: AllocationRules,
  open: readonly B[],
  named: readonly string[],
): readonly B[] {
  const payable = rules.lockPolicy === 'allow' ? open : open.filter((bill) => !bill.locked);
  const ids = new Set(named.filter(namesABill));
  if (rules.billsChosen === 'oldestFirst' || ids.size === 0) return payable;
  return payable.filter((bill) => ids.has(bill.bill));
}

const namesABill = (bill: string): boolean => bill !== '' && bill !== '0';
const refused = (refusal: AllocationRefusal) => ({ ok: false, refusal }) as const;

function chooseBills<B extends OwedBill>(
  rules: AllocationRules,
  open: readonly B[],
  named: readonly string[],
):
  | { readonly ok: true; readonly bills: readonly B[] }
  | { readonly ok: false; readonly refusal: AllocationRefusal } {
  const visible = visibleBills(open, rules.lockPolicy);
  if (rules.billsChosen === 'oldestFirst') return { ok: true, bills: visible };
  const ids = new Set(named.filter(namesABill));
  const missing = [...ids].filter((id) => !open.some((bill) => bill.bill === id));
  // Where any amount is taken, a bill that is not open here means "this customer, any bill" (spec "200002"); the caller knows which is which.
  if (missing.length > 0) return refused({ namedButNotOpen: missing });
  if (open.some((bill) => ids.has(bill.bill) && bill.locked) && rules.lockPolicy !== 'allow') {
    return refused('bill-locked');
  }
  const anyBill = ids.size === 0 || named.some((bill) => !namesABill(bill));
  return { ok: true, bills: anyBill ? visible : visible.filter((bill) => ids.has(bill.bill)) };
}
