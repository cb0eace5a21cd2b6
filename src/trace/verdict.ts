/** What became of each serial, in one sentence for the money, one for repeats and one for reconciliation. Pure. */
import {
  differenceClasses,
  differenceStates,
  reconDayStates,
  repairOutcomes,
  type TracedDifference,
} from '../exchange/index.js';
import type { TracedCall, TracedPayment, TracedSerial } from '../revenue/index.js';
import { yuan } from '../tools/index.js';
import type { SerialVerdict, Trace } from './trace.js';

type Gathered = Omit<Trace, 'verdicts'>;

/** One for each serial that anything is known of. */
export function verdictsOf(trace: Gathered): readonly SerialVerdict[] {
  const keys = new Map<string, { readonly unit: string; readonly serial: string }>();
  const sources = [
    trace.serials,
    trace.calls,
    trace.payments,
    trace.suspense,
    trace.differences,
    trace.exchanges,
  ];
  for (const { unit, serial } of sources.flat()) {
    if (serial !== '') keys.set(`${unit} ${serial}`, { unit, serial });
  }
  // A serial that stands in the platform's file and nowhere here.
  for (const { unit, lines } of trace.files) {
    if (
      keys.size === 0 &&
      lines.length > 0 &&
      !trace.kinds.includes('customer') &&
      !trace.kinds.includes('bill')
    )
      keys.set(`${unit} ${trace.subject}`, { unit, serial: trace.subject });
  }
  return [...keys.values()].map((key) => ({
    ...key,
    booking: bookingOf(trace, key),
    duplicates: duplicatesOf(trace, key),
    reconciliation: reconciliationOf(trace, key),
  }));
}
interface Key {
  readonly unit: string;
  readonly serial: string;
}
const of = <T extends Key>(some: readonly T[], key: Key): readonly T[] =>
  some.filter((one) => one.unit === key.unit && one.serial === key.serial);

function bookingOf(trace: Gathered, key: Key): string {
  const [row] = of(trace.serials, key);
  const [call] = of(trace.calls, key);
  if (row !== undefined) return builtinVerdict(trace, row);
  if (call !== undefined) return existingVerdict(trace, call);
  const asked = of(trace.exchanges, key).at(-1);
  const inFile = trace.files.find(
    (one) => one.unit === key.unit && one.lines.some(({ text }) => text.includes(key.serial)),
  );
  if (asked === undefined && inFile !== undefined)
    return `平台文件 ${inFile.name} 中有，我方未入账 (in the platform's file, not booked)`;
  return asked === undefined
    ? '我方无记录 (unknown here)'
    : `收到请求，未入账，应答 ${asked.resultCode} (asked for, not booked)`;
}
const HELD = '款项暂挂：平台有、我方无此户 (held in suspense)';
const RETURNED = '暂挂款项已退回平台 (returned)';
function builtinVerdict(trace: Gathered, row: TracedSerial): string {
  const payment = trace.payments.find(({ paymentNumber }) => paymentNumber === row.paymentNumber);
  switch (row.state) {
    case 'booked':
    case 'freed':
      return payment === undefined ? `单号 ${row.paymentNumber} 不在账内` : paymentVerdict(payment);
    case 'refused':
      return `已拒绝 (refused): ${row.refusal}；平台应退款给用户`;
    case 'void':
      return '已作废：查询时未入账，承诺不再入账；平台应退款 (void)';
    case 'suspense':
      return HELD;
    case 'returned':
      return RETURNED;
    default:
      return row.state satisfies never;
  }
}
function paymentVerdict(payment: TracedPayment): string {
  const said = `户号 ${payment.customer}，${yuan(payment.amount)} 元，记账日 ${payment.bookingDay}`;
  switch (payment.state) {
    case 'booked':
      return `已销账 (booked): ${said}`;
    case 'refunded':
      return `已退费 (refunded): ${said}`;
    case 'reversed':
      return `已冲正 (reversed): ${said}`;
    default:
      return payment.state satisfies never;
  }
}
const callStates: Readonly<Record<string, string>> = {
  calling: '结果未知，正在向营收系统核实 (in doubt)',
  booked: '已销账 (booked)',
  refused: '已拒绝 (refused)',
  void: '已作废 (void)',
  freed: '已冲正 (taken back)',
};
function existingVerdict(trace: Gathered, call: TracedCall): string {
  const held = trace.suspense.find(({ number }) => number === call.paymentNumber);
  if (held !== undefined) return held.state === 'returned' ? RETURNED : HELD;
  const money = call.amount === undefined ? '' : `，${yuan(call.amount)} 元`;
  const state = callStates[call.state] ?? call.state;
  const refund = call.refund === undefined ? '' : `，已退费 (refunded) ${call.refund.refundNumber}`;
  return `${state}: 户号 ${call.customer || '-'}${money} ${call.refusal}${refund}`.trimEnd();
}

/** Services that ask for a booking. */
const PAYMENT = '200002';
function duplicatesOf(trace: Gathered, key: Key): string {
  const asked = of(trace.exchanges, key).filter(({ service }) => service === PAYMENT);
  const booked = of(trace.payments, key).filter(
    ({ orderedBy, channel }) => orderedBy === '' && channel === 'platform',
  );
  if (asked.length === 0) return '无缴费请求 (never asked for)';
  if (asked.length === 1) return '请求一次 (asked once)';
  const codes = asked.map(({ resultCode }) => resultCode).join('、');
  const times = booked.length === 0 ? '未入账' : '入账一次';
  return `请求 ${asked.length} 次，${times}，应答 ${codes} (asked ${asked.length} times)`;
}

function reconciliationOf(trace: Gathered, key: Key): string {
  const differences = of(trace.differences, key);
  const last = differences.at(-1);
  if (last !== undefined) return differenceVerdict(last);
  const payment = of(trace.payments, key).at(-1);
  if (payment?.channel === 'deduction') return '代扣，不参加 T+1 对账 (not part of it)';
  const bookingDay = payment?.bookingDay ?? of(trace.calls, key)[0]?.bookingDay;
  const fileDay = trace.files.find(
    ({ lines, unit }) => unit === key.unit && lines.some(({ text }) => text.includes(key.serial)),
  )?.day;
  if (bookingDay === undefined)
    return fileDay === undefined ? '无 (nothing to reconcile)' : `${fileDay} 未对账 (not reconciled yet)`;
  const day = trace.days.find((one) => one.unit === key.unit && one.day === bookingDay);
  const run = day?.runs.findLast(({ comparedAt }) => comparedAt !== undefined);
  if (day === undefined || run?.comparedAt === undefined) return `${bookingDay} 未对账 (not reconciled yet)`;
  if (payment !== undefined && payment.bookedAt > run.comparedAt)
    return `比对之后入账，未参加 ${bookingDay} 第 ${run.run} 次对账 (booked after it)`;
  if (payment !== undefined && payment.state !== 'booked') return `${bookingDay} 双方均无 (neither has it)`;
  return `${bookingDay} 对账相符，${reconDayStates[day.state]} (matched)`;
}
function differenceVerdict(one: TracedDifference): string {
  const outcome = one.outcome === undefined ? '' : `，${repairOutcomes[one.outcome]}`;
  const reason = one.reason === '' ? '' : `：${one.reason}`;
  return `${one.day} ${differenceClasses[one.class]}，${differenceStates[one.state]}${outcome}${reason}`;
}
