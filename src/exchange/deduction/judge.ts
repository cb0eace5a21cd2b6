/** What one line of a deduction result says of the line that we requested (spec money.md "Result"). */
import type { Decoded, FileSettings, redkDetail } from '../../protocol/index.js';
import { type Day, parseSerial, type Serial } from '../../protocol/values.js';
import type { Item } from './items.js';

export type ResultLine = Decoded<(typeof redkDetail)['columns']>;

export type LineVerdict =
  /** The money was debited. */
  | { readonly kind: 'success'; readonly item: Item; readonly serial: Serial; readonly day: Day }
  | { readonly kind: 'failure'; readonly item: Item; readonly reason: string }
  /** The file cannot be taken. */
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): LineVerdict => ({ kind: 'refused', reason });

/** @param today the day on which the file was stored: no debit can lie after it */
export function judge(
  line: ResultLine,
  item: Item | undefined,
  unit: string,
  { successFlags }: FileSettings,
  today: Day,
): LineVerdict {
  if (item === undefined) return refused('明细标识未知 (unknown detId)');
  if (line.clearingUnit !== '' && line.clearingUnit !== unit)
    return refused('清算单位不符 (other clearing unit)');
  if (line.customer !== item.customer) return refused('户号不符 (customer differs from the request)');
  if (line.bill !== item.bill) return refused('应收标识不符 (bill differs from the request)');
  if (line.amount !== item.amount) return refused('扣款金额不符 (amount differs from the request)');
  if (!successFlags.includes(line.accounted))
    return { kind: 'failure', item, reason: `入账标志 ${line.accounted || '空'}` };
  if (line.debited === undefined || line.debited === 0n)
    return { kind: 'failure', item, reason: '实扣金额为零 (nothing debited)' };
  // Some money has moved, and not what was asked for: neither settling nor letting go would be right.
  if (line.debited !== item.amount) return refused('实扣金额不符 (debited another amount than requested)');
  if (line.debitedOn === undefined) return refused('扣款日期为空 (a success without resDay)');
  if (line.debitedOn > today) return refused('扣款日期在未来 (resDay lies in the future)');
  const serial = parseSerial(line.platformSerial);
  if (serial === undefined) return refused('平台流水无效 (a success without a serial in billNo)');
  return { kind: 'success', item, serial, day: line.debitedOn };
}
