/* What a report of a day's reconciliation says of each difference. */
import { chinaText, type Moment } from '../clock.js';
import type { IncomingFile } from '../exchange/index.js';
import {
  type DaySummary,
  type Difference,
  differenceClasses,
  isUnresolved,
} from '../exchange/reconciliation/index.js';
import type { Unit } from '../revenue/unit.js';
import type { Column, SheetCell } from '../spreadsheet.js';
import { doneText } from './recon-print.js';

export interface ReportData {
  readonly unit: Unit;
  readonly summary: DaySummary;
  /** The last thirty days up to this one, oldest first; days without a row are left out. */
  readonly trend: readonly DaySummary[];
  readonly differences: AsyncIterable<Difference>;
  /** Files of the day that were not taken, newest first. */
  readonly refused: readonly IncomingFile[];
  readonly madeAt: Moment;
}

export const reportColumns: readonly Column[] = [
  { title: '流水', width: 34 },
  { title: '户号（平台）', width: 16 },
  { title: '户号（我方）', width: 16 },
  { title: '平台金额（元）', width: 14 },
  { title: '我方金额（元）', width: 14 },
  { title: '类别', width: 18 },
  { title: '处理', width: 26 },
  { title: '原缴费编号', width: 27 },
  { title: '缴费编号', width: 27 },
  { title: '冲正编号', width: 27 },
  { title: '操作人', width: 12 },
  { title: '理由', width: 30 },
  { title: '发现时间', width: 20 },
  { title: '期限', width: 20 },
  { title: '逾期', width: 6 },
];

/** One difference in the order of {@link reportColumns}. */
export function reportRow(one: Difference, summary: DaySummary, now: Moment): readonly SheetCell[] {
  const run = summary.runs.find(({ number }) => number === one.run);
  const ordered = run?.orderedBy === 'exchange' ? '自动' : (run?.orderedBy ?? '');
  return [
    one.serial,
    one.platform?.customer ?? '',
    one.ours?.customer ?? '',
    one.platform && { fen: one.platform.amount },
    one.ours && { fen: one.ours.amount },
    differenceClasses[one.class],
    doneText(one),
    one.ours?.paymentNumber ?? '',
    one.paymentAfter,
    one.refundNumber,
    one.operator || run?.confirmedBy || ordered,
    one.reason,
    chinaText(one.foundAt),
    isUnresolved(one.state) ? chinaText(one.dueAt) : '',
    isUnresolved(one.state) && one.dueAt < now ? '是' : '',
  ];
}
