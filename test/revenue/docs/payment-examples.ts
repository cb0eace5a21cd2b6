/** The worked examples of docs/money.md "Payment": each amount rule, choice of bills, lock policy and netting, computed by the rule itself. */
import { fenOf } from '../../../src/protocol/values.js';
import {
  type AllocationRules,
  allocatePayment,
  dueAmount,
  type OwedBill,
} from '../../../src/revenue/allocation.js';
import { yuanText } from '../../../src/revenue/money.js';

const bill = (id: string, month: string, principal: bigint, lateFee: bigint, locked = false): OwedBill => ({
  bill: id,
  month,
  principal: fenOf(principal),
  lateFee: fenOf(lateFee),
  locked,
});
const open = [bill('A', '202401', 5000n, 150n), bill('B', '202402', 3000n, 0n)];
const withLocked = [bill('A', '202401', 5000n, 150n), bill('B', '202402', 3000n, 0n, true)];

interface Example {
  readonly rules?: Partial<AllocationRules>;
  readonly prepaid?: bigint;
  readonly amount: bigint;
  readonly named?: readonly string[];
  readonly locked?: boolean;
  readonly nothingOpen?: boolean;
}
const examples: readonly Example[] = [
  { amount: 8150n },
  { amount: 8149n },
  { amount: 10_000n },
  { amount: 6150n, prepaid: 2000n },
  { amount: 5000n, nothingOpen: true },
  { rules: { amountRule: 'exact' }, amount: 8150n },
  { rules: { amountRule: 'exact' }, amount: 8200n },
  { rules: { amountRule: 'exact' }, amount: 6150n, prepaid: 2000n },
  { rules: { amountRule: 'exact', prepaidNetted: false }, amount: 8150n, prepaid: 2000n },
  { rules: { prepaidNetted: false }, amount: 6150n, prepaid: 2000n },
  { rules: { amountRule: 'any' }, amount: 6000n },
  { rules: { amountRule: 'any' }, amount: 3000n },
  { rules: { amountRule: 'any' }, amount: 3000n, prepaid: 2150n },
  { rules: { billsChosen: 'byId' }, amount: 3000n, named: ['B'] },
  { rules: { billsChosen: 'byId' }, amount: 8150n, named: ['0'] },
  { rules: { billsChosen: 'byId' }, amount: 3000n, named: ['C'] },
  { rules: { lockPolicy: 'allow' }, amount: 8150n, locked: true },
  { rules: { lockPolicy: 'reject1006' }, amount: 8150n, locked: true },
  { rules: { lockPolicy: 'hide' }, amount: 5150n, locked: true },
];

/** A Markdown table. */
export function paymentTable(): string {
  const rows = examples.map(({ rules, prepaid = 0n, amount, named = [''], locked, nothingOpen }) => {
    const all: AllocationRules = {
      amountRule: 'atLeastDue',
      billsChosen: 'oldestFirst',
      lockPolicy: 'allow',
      prepaidNetted: true,
      ...rules,
    };
    const bills = nothingOpen === true ? [] : locked === true ? withLocked : open;
    const setting = Object.entries(rules ?? {}).map(([key, value]) => `\`${key}: ${value}\``);
    const result = allocatePayment(all, fenOf(amount), fenOf(prepaid), bills, named);
    const due = yuanText(dueAmount(bills, fenOf(prepaid), all.prepaidNetted));
    const cells = [
      setting.join(' ') || 'defaults',
      nothingOpen === true ? 'none' : `A 50.00 + 1.50, B 30.00${locked === true ? ' (locked)' : ''}`,
      yuanText(fenOf(prepaid)),
      due,
      `${yuanText(fenOf(amount))}${named[0] === '' ? '' : ` for ${named.join(', ')}`}`,
      outcomeOf(result),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = '| setting | open bills | prepaid | all due | paid | outcome |\n|---|---|---|---|---|---|';
  return [head, ...rows].join('\n');
}

function outcomeOf(result: ReturnType<typeof allocatePayment>): string {
  if (!result.ok) {
    return typeof result.refusal === 'string'
      ? `refused: \`${result.refusal}\``
      : 'refused: `bill-settled` or `bill-of-another`, whichever it is';
  }
  const { settled, prepaidChange } = result.allocation;
  const sign = prepaidChange > 0n ? '+' : '';
  const bills = settled.length === 0 ? 'no bill' : settled.map((one) => one.bill).join(' and ');
  return `settles ${bills}; prepaid ${sign}${yuanText(prepaidChange)}`;
}
