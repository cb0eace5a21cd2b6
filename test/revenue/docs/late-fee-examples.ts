/** The worked examples of docs/money.md "Late fee": one row for each setting, computed by the rule itself. */
import { momentOf } from '../../../src/clock.js';
import { type Day, fenOf } from '../../../src/protocol/values.js';
import { lateFeeDayOf } from '../../../src/revenue/builtin/books.js';
import { type LateFeeBasis, lateDays, lateFeeOf } from '../../../src/revenue/late-fee.js';
import { yuanText } from '../../../src/revenue/money.js';
import { defaultRules, type LateFeeRule, unitWith } from '../../../src/revenue/unit.js';

const holidays = new Set(['20240210', '20240211', '20240212'] as Day[]); // 春节
const plain = {
  principal: fenOf(10_000n),
  from: '20240205' as Day,
  exempt: false,
  fixed: undefined,
  frozen: undefined,
};

interface Example {
  readonly setting: string;
  readonly rule?: Partial<LateFeeRule>;
  readonly bill?: Partial<LateFeeBasis>;
  readonly payDay: string;
}
const examples: readonly Example[] = [
  { setting: 'defaults: 0.003 a day, both ends counted', payDay: '20240214' },
  { setting: 'paid on the first day', payDay: '20240205' },
  { setting: 'paid before it', payDay: '20240204' },
  { setting: '`countStartDay: false`', rule: { countStartDay: false }, payDay: '20240214' },
  { setting: '`countPayDay: false`', rule: { countPayDay: false }, payDay: '20240214' },
  { setting: 'neither counted', rule: { countStartDay: false, countPayDay: false }, payDay: '20240214' },
  {
    setting: 'neither counted, paid on the first day',
    rule: { countStartDay: false, countPayDay: false },
    payDay: '20240205',
  },
  { setting: '`graceDays: 3`', rule: { graceDays: 3 }, payDay: '20240214' },
  { setting: '`graceDays: 3`, paid within them', rule: { graceDays: 3 }, payDay: '20240207' },
  {
    setting: '`skipHolidays: true`, three holidays in between',
    rule: { skipHolidays: true },
    payDay: '20240214',
  },
  { setting: '`dailyRate: "0.0005"`', rule: { dailyRate: '0.0005' }, payDay: '20240214' },
  { setting: 'capped at the principal (`capShare: "1"`)', payDay: '20250214' },
  { setting: '`capShare: "0.3"`', rule: { capShare: '0.3' }, payDay: '20250214' },
  { setting: 'half a fen, `rounding: half-up`', bill: { principal: fenOf(50n) }, payDay: '20240214' },
  {
    setting: 'half a fen, `rounding: down`',
    rule: { rounding: 'down' },
    bill: { principal: fenOf(50n) },
    payDay: '20240214',
  },
  {
    setting: 'a tenth of a fen, `rounding: up`',
    rule: { rounding: 'up' },
    bill: { principal: fenOf(7n) },
    payDay: '20240209',
  },
  {
    setting: 'cap with a fraction is cut',
    rule: { capShare: '0.33', rounding: 'up' },
    bill: { principal: fenOf(101n) },
    payDay: '20250214',
  },
  { setting: 'exempt customer or bill', bill: { exempt: true }, payDay: '20240214' },
  { setting: 'fee fixed on the bill at 1.00', bill: { fixed: fenOf(100n) }, payDay: '20240214' },
  { setting: 'fixed wins over exempt', bill: { fixed: fenOf(100n), exempt: true }, payDay: '20240214' },
  {
    setting: 'frozen at 2.70 by a deduction that is out',
    bill: { frozen: fenOf(270n), fixed: fenOf(100n) },
    payDay: '20240301',
  },
  ...(['bankDate', 'receivedDate'] as const).map((lateFeeAsOf) => ({
    setting: `\`lateFeeAsOf: ${lateFeeAsOf}\`: the platform says 20240214, received on 20240216`,
    payDay: lateFeeDayOf(
      unitWith('1', { lateFeeAsOf }),
      '20240214' as Day,
      momentOf('20240216' as Day, '083000'),
    ),
  })),
];

/** A Markdown table. */
export function lateFeeTable(): string {
  const rows = examples.map(({ setting, rule, bill, payDay }) => {
    const settings = { ...defaultRules.lateFee, ...rule };
    const basis = { ...plain, ...bill };
    const fee = lateFeeOf(basis, payDay as Day, settings, holidays);
    const days = lateDays(basis.from, payDay as Day, settings, holidays);
    return `| ${setting} | ${yuanText(basis.principal)} | ${basis.from} | ${payDay} | ${days} | ${yuanText(fee)} |`;
  });
  return [
    '| setting | principal | starts | paid on | days | late fee |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
