/** A platform's day with trouble of every class: what is asked of the gateway, what stands in the platform's file, what reconciliation must say. */
import { encodeText } from '../../src/protocol/index.js';
import type { Day } from '../../src/protocol/values.js';

/** What happens to a payment → what the report says of it (`''`: it is no difference). */
export const troubles = {
  none: '',
  'answer-lost': '',
  repeated: '',
  /** Taken back by 300002, and so in neither book. */
  'refunded-here': '',
  /** Of the first day of the month that follows: another file's. */
  'next-day': '',
  'never-arrived': 'missing supplemented',
  /** Asked for by 200012 before it came, and so void: only T+1 revives it. */
  void: 'missing supplemented',
  'refunded-there': 'surplus reversed',
  'amount-differs': 'amount replaced',
  'customer-differs': 'customer replaced',
  'unknown-customer': 'missing suspense',
} as const;
export type Trouble = keyof typeof troubles;
const injected = (Object.keys(troubles) as Trouble[]).filter((trouble) => trouble !== 'none');

export interface PlannedPayment {
  readonly trouble: Trouble;
  readonly serial: string;
  /** As the gateway is asked. */
  readonly customer: string;
  readonly day: Day;
  /** Fen. */
  readonly amount: number;
  /** As the platform's file of the day has it. */
  readonly line: { readonly customer: string; readonly amount: number } | undefined;
}

/** One payment for each customer; `each` of every trouble, evenly among the good ones. */
export function planDay(day: Day, nextDay: Day, count: number, each: number): readonly PlannedPayment[] {
  const step = Math.floor(count / (injected.length * each));
  return Array.from({ length: count }, (_, n) => {
    const place = n / step;
    const isTrouble = Number.isInteger(place) && place < injected.length * each;
    const trouble: Trouble = (isTrouble && injected[place % injected.length]) || 'none';
    const customer = customerOf(n);
    const amount = billOf(n) + 1000 + n;
    const own = trouble === 'next-day' ? nextDay : day;
    const serial = `${own}00003001${String(n).padStart(12, '0')}`;
    return { trouble, serial, customer, day: own, amount, line: lineFor(trouble, n, customer, amount) };
  });
}
function lineFor(trouble: Trouble, n: number, customer: string, amount: number): PlannedPayment['line'] {
  switch (trouble) {
    case 'refunded-there':
    case 'refunded-here':
    case 'next-day':
      return undefined;
    case 'amount-differs':
      return { customer, amount: amount + 7 };
    case 'customer-differs':
      return { customer: otherCustomerOf(n), amount };
    case 'unknown-customer':
      // Characters that the two charsets write differently.
      return { customer: `未知户${n}`, amount };
    default:
      return { customer, amount };
  }
}
export const customerOf = (n: number): string => `C${String(n).padStart(6, '0')}`;
/** Has no payment of its own. */
export const otherCustomerOf = (n: number): string => `D${String(n).padStart(6, '0')}`;
export const billOf = (n: number): number => 2000 + (n % 977);

export interface FileForm {
  readonly charset: 'gbk' | 'utf8';
  readonly lineEnd: '\r\n' | '\n';
  readonly mark?: boolean;
}
const textOf = (lines: readonly string[], form: FileForm, head: string): Buffer =>
  encodeText(`${form.mark ? '\ufeff' : ''}${[head, ...lines, ''].join(form.lineEnd)}`, form.charset);
const linesOf = (plan: readonly PlannedPayment[], day: Day): string[] =>
  plan.flatMap(({ serial, line }) =>
    line === undefined
      ? []
      : [`${line.customer}|${serial}|${day}|${line.amount}|1|${line.customer}$$${day.slice(0, 6)}$#|`],
  );
const sumOf = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + Number(line.split('|')[3]), 0);

/** The platform's file of the day. */
export function goodFile(plan: readonly PlannedPayment[], day: Day, form: FileForm): Buffer {
  const lines = linesOf(plan, day);
  return textOf(lines, form, `${sumOf(lines)}|${lines.length}|`);
}
/** The same, spoilt; each is refused as a whole. */
export function badFiles(plan: readonly PlannedPayment[], day: Day, before: Day) {
  const lines = linesOf(plan, day);
  const [first = ''] = lines;
  const head = `${sumOf(lines)}|${lines.length}|`;
  const doubled = [...lines, first];
  const whole = textOf(lines, { charset: 'utf8', lineEnd: '\n' }, head);
  return {
    'duplicate line': textOf(
      doubled,
      { charset: 'gbk', lineEnd: '\n' },
      `${sumOf(doubled)}|${doubled.length}|`,
    ),
    'wrong summary': textOf(
      lines,
      { charset: 'utf8', lineEnd: '\r\n' },
      `${sumOf(lines) + 1}|${lines.length}|`,
    ),
    truncated: whole.subarray(0, whole.length - 30),
    'wrong date': textOf(linesOf(plan, before), { charset: 'gbk', lineEnd: '\r\n' }, head),
  } as const;
}
/** Both books, line by line, as they must be after reconciliation. */
export const platformBook = (plan: readonly PlannedPayment[]): string[] =>
  plan
    .flatMap(({ serial, line }) => (line === undefined ? [] : [`${serial} ${line.customer} ${line.amount}`]))
    .sort();
export const expectedReport = (plan: readonly PlannedPayment[]): string[] =>
  plan
    .filter(({ trouble }) => troubles[trouble] !== '')
    .map(({ serial, trouble }) => `${serial} ${troubles[trouble]}`)
    .sort();
