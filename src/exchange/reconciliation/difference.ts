/** The closed sets of reconciliation, and the one rule that says what a difference is (spec money.md "T+1 reconciliation"). Pure. */

/** What may differ between the platform's line and our booking of a serial. */
export const differenceClasses = {
  /** The platform has it, we do not: 已扣费未销账. */
  missing: '平台有我方无',
  /** We have it, the platform does not: 缴费后又退费, 未撤销. */
  surplus: '我方有平台无',
  amount: '金额不符',
  customer: '户号不符',
  both: '户号和金额不符',
  /** The platform has it on this day, we booked it on another. */
  'other-day': '记账日不符',
  /** The platform has it, we booked it and gave it back before the day was over. */
  refunded: '我方已退费',
} as const;
export type DifferenceClass = keyof typeof differenceClasses;
export const classNames = Object.keys(differenceClasses) as readonly DifferenceClass[];

export const differenceStates = {
  /** Found; to be repaired by the run (after confirmation where the day is held). */
  open: '待修复',
  /** A repair was begun: after a crash the next run finds out what became of it. */
  repairing: '修复中',
  /** Money of an unknown customer, held until an operator assigns or returns it. */
  suspense: '暂挂',
  /** No rule repairs it: an operator decides. */
  listed: '待人工处理',
  repaired: '已修复',
  /** It was none any more when it was looked at again: the payment or refund came in meanwhile. */
  settled: '自行平账',
  /** By an operator, with a reason. */
  closed: '已关闭',
  /** A corrected file took its place. */
  superseded: '已被新文件取代',
} as const;
export type DifferenceState = keyof typeof differenceStates;
export const stateNames = Object.keys(differenceStates) as readonly DifferenceState[];
/** What keeps a day open. */
export const unresolvedStates = [
  'open',
  'repairing',
  'suspense',
  'listed',
] as const satisfies readonly DifferenceState[];
export const isUnresolved = (state: DifferenceState): boolean =>
  unresolvedStates.some((one) => one === state);

/** What was done. */
export const outcomes = {
  supplemented: '补销账',
  reversed: '冲正',
  replaced: '冲正后补销账',
  suspense: '转暂挂',
  assigned: '暂挂已认领',
  returned: '暂挂已退回',
  'booked-meanwhile': '期间已入账',
  'refunded-meanwhile': '期间已退费',
  'refunded-later': '次日以后退费',
  'balance-used': '预存已使用，未冲正',
  'paid-later': '账单另有缴费，未冲正',
  'refunded-here': '我方已退费，平台仍扣费',
  'reconciled-elsewhere': '已在另一日对账',
  kept: '人工确认',
  'not-in-file': '新文件中不再出现',
  'unknown-customer': '户号不存在',
  'suspense-differs': '暂挂中，金额或户号不符',
  'booked-after-file': '文件到达后入账',
} as const;
export type Outcome = keyof typeof outcomes;
export const outcomeNames = Object.keys(outcomes) as readonly Outcome[];

export const dayStates = {
  open: '未收到文件',
  received: '已收到文件',
  compared: '已比对',
  held: '待确认',
  repaired: '已修复，尚有差异',
  closed: '已平',
} as const;
export type DayState = keyof typeof dayStates;
export const dayStateNames = Object.keys(dayStates) as readonly DayState[];

/** The platform's line. */
export interface PlatformSide {
  readonly customer: string;
  readonly amount: bigint;
  /** Which bills it paid, as the file says. */
  readonly detail: string;
  readonly line: number;
}
/** Our booking; `refunded`: and given back. */
export interface OurSide {
  readonly customer: string;
  readonly amount: bigint;
  readonly paymentNumber: string;
  readonly state: 'booked' | 'refunded';
}
export interface FoundDifference {
  readonly serial: string;
  readonly class: DifferenceClass;
  readonly platform: PlatformSide | undefined;
  readonly ours: OurSide | undefined;
}

/** `undefined`: the two agree. */
export function classOf(
  platform: PlatformSide | undefined,
  ours: OurSide | undefined,
): DifferenceClass | undefined {
  if (platform === undefined) return ours?.state === 'booked' ? 'surplus' : undefined;
  if (ours === undefined) return 'missing';
  if (ours.state === 'refunded') return 'refunded';
  const otherAmount = platform.amount !== ours.amount;
  const otherCustomer = platform.customer !== ours.customer;
  if (otherAmount) return otherCustomer ? 'both' : 'amount';
  return otherCustomer ? 'customer' : undefined;
}
