/** The page as tables, once for terminal and HTML. Pure. */
import { chinaText, type Moment } from '../clock.js';
import {
  batchStateTitles,
  differenceClasses,
  differenceStates,
  outcomeTitles,
  reconDayStates,
  repairOutcomes,
} from '../exchange/index.js';
import { isResultCode, meaningOf, messageOf } from '../protocol/index.js';
import type { TracedEntry } from '../revenue/index.js';
import { yuan } from '../tools/index.js';
import { happeningsOf } from './timeline.js';
import type { Trace } from './trace.js';
import {
  accountTitles,
  billStateTitles,
  channelTitles,
  entryKindTitles,
  fileStateTitles,
  paymentStateTitles,
  suspenseStateTitles,
  worded,
} from './words.js';

export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of amounts, from 0. */
  readonly numbers?: readonly number[];
}

/** Those with something in them, in the order in which a question is usually answered. */
export const sectionsOf = (trace: Trace): readonly Section[] =>
  [
    verdicts(trace),
    timeline(trace),
    exchanges(trace),
    payments(trace),
    ledger(trace),
    suspense(trace),
    bills(trace),
    calls(trace),
    theirs(trace),
    deductions(trace),
    files(trace),
    lines(trace),
    days(trace),
    differences(trace),
  ].filter(({ rows }) => rows.length > 0);

const at = (moment: Moment | undefined): string => (moment === undefined ? '' : chinaText(moment));
const money = (fen: bigint | undefined): string => (fen === undefined ? '' : yuan(fen));

const verdicts = ({ verdicts }: Trace): Section => ({
  title: '结论 verdict',
  head: ['单位', '流水号 serial', '入账 booking', '重复 duplicates', '对账 reconciliation'],
  rows: verdicts.map((one) => [one.unit, one.serial, one.booking, one.duplicates, one.reconciliation]),
});
const timeline = (trace: Trace): Section => ({
  title: '经过 timeline',
  head: ['时间 time', '事件 what', '说明'],
  rows: happeningsOf(trace).map((one) => [at(one.at), one.what, one.detail]),
});
const exchanges = ({ exchanges }: Trace): Section => ({
  title: '交互 exchanges',
  head: [
    '时间 time',
    '服务 service',
    '应答 code',
    'ms',
    '对端 peer',
    '地址',
    'msgId',
    '流水号',
    '户号',
    '原因 reason',
  ],
  rows: exchanges.map((one) => [
    at(one.at),
    `${one.service} ${messageOf(one.service)?.title ?? ''}`.trimEnd(),
    `${one.resultCode} ${isResultCode(one.resultCode) ? meaningOf(one.resultCode) : ''}`.trimEnd(),
    String(one.durationMs),
    one.peer,
    one.address,
    one.messageId,
    one.serial,
    one.customer,
    one.reason,
  ]),
});
const payments = ({ payments }: Trace): Section => ({
  title: '入账 bookings',
  head: [
    '单号 payment',
    '流水号',
    '户号',
    '渠道',
    '状态',
    '记账日',
    '收到',
    '入账',
    '金额',
    '本金',
    '违约金',
    '预存变动',
    '余额',
    '由',
    '替代',
    '退费单号 refund',
    '退费流水号',
  ],
  numbers: [8, 9, 10, 11, 12],
  rows: payments.map((one) => [
    one.paymentNumber,
    one.serial,
    one.customer,
    worded(channelTitles, one.channel),
    worded(paymentStateTitles, one.state),
    one.bookingDay,
    at(one.receivedAt),
    at(one.bookedAt),
    money(one.amount),
    money(one.principal),
    money(one.lateFee),
    money(one.prepaidChange),
    money(one.balanceAfter),
    one.orderedBy,
    one.replaces,
    one.refund?.refundNumber ?? '',
    one.refund?.refundSerial ?? '',
  ]),
});
const ledger = ({ payments, entries }: Trace): Section => {
  const all = [...payments.flatMap(({ entry, refund }) => [entry, refund?.entry]), ...entries].filter(
    (one): one is TracedEntry => one !== undefined,
  );
  return {
    title: '分录 ledger',
    head: [
      '分录 entry',
      '种类 kind',
      '记账日',
      '入账',
      '更正 amends',
      '科目 account / 账单 bill',
      '金额',
      '违约金',
    ],
    numbers: [6, 7],
    rows: all.flatMap((entry) => {
      const kind = worded(entryKindTitles, entry.kind);
      const about = [entry.entryNumber, kind, entry.bookingDay, at(entry.bookedAt), entry.amends];
      return [
        ...entry.lines.map(({ account, amount }) => [
          ...about,
          worded(accountTitles, account),
          money(amount),
          '',
        ]),
        ...entry.bills.map((one) => [...about, `账单 ${one.bill}`, money(one.principal), money(one.lateFee)]),
      ];
    }),
  };
};
const suspense = ({ suspense }: Trace): Section => ({
  title: '暂挂 suspense',
  head: ['编号', '流水号', '平台户号', '金额', '记账日', '状态', '由', '去向', '何时'],
  numbers: [3],
  rows: suspense.map((one) => [
    one.number,
    one.serial,
    one.customer,
    money(one.amount),
    one.bookingDay,
    worded(suspenseStateTitles, one.state),
    one.orderedBy,
    `${one.resolvedBy} ${one.resolvedFor}`.trim(),
    at(one.resolvedAt),
  ]),
});
const bills = ({ bills }: Trace): Section => ({
  title: '账单 bills',
  head: ['账单', '户号', '月份', '状态', '本金', '出账日', '结清单号', '结清日', '代扣锁定'],
  numbers: [4],
  rows: bills.map((one) => [
    one.bill,
    one.customer,
    one.month,
    worded(billStateTitles, one.state),
    money(one.principal),
    one.issuedOn,
    one.settledBy,
    one.settledOn ?? '',
    one.lockedBy,
  ]),
});
const calls = ({ calls }: Trace): Section => ({
  title: '营收系统 revenue system',
  head: [
    '流水号',
    '对方流水号',
    '状态',
    '种类',
    '户号',
    '金额',
    '记账日',
    '对方单号',
    '请求',
    '最后变化',
    '退费',
  ],
  numbers: [5],
  rows: calls.map((one) => [
    one.serial,
    one.theirSerial,
    `${one.state} ${one.refusal}`.trimEnd(),
    one.kind,
    one.customer,
    money(one.amount),
    one.bookingDay ?? '',
    one.paymentNumber,
    at(one.claimedAt),
    at(one.changedAt),
    one.refund === undefined ? '' : `${one.refund.kind} ${one.refund.state} ${one.refund.refundNumber}`,
  ]),
});
const theirs = ({ theirs }: Trace): Section => ({
  title: '营收系统入账 booked there',
  head: ['单号', '流水号', '户号', '种类', '时间', '金额', '本金', '违约金', '预存变动', '余额'],
  numbers: [5, 6, 7, 8, 9],
  rows: theirs.map((one) => [
    one.paymentNumber,
    one.serial,
    one.customer,
    one.kind,
    at(one.at),
    money(one.amount),
    money(one.principal),
    money(one.lateFee),
    money(one.prepaidChange),
    money(one.balanceAfter),
  ]),
});
const deductions = ({ deductions }: Trace): Section => ({
  title: '代扣 deduction',
  head: ['detId', '批次 batch', '批次状态', '扣款日', '户号', '账单', '金额', '结果', '原因', '单号', '文件'],
  numbers: [6],
  rows: deductions.map((one) => [
    one.detail,
    one.batch,
    worded(batchStateTitles, one.batchState),
    one.runDay,
    one.customer,
    one.bill,
    money(one.amount),
    worded(outcomeTitles, one.outcome),
    one.reason,
    one.paymentNumber,
    one.fileName,
  ]),
});
const files = ({ files }: Trace): Section => ({
  title: '文件 files',
  head: ['文件 file', '种类', '日期', '状态', '提到 lines', '开始', '通知', '完成', '说明'],
  rows: files.map((one) => [
    one.name,
    one.type,
    one.day,
    worded(fileStateTitles, one.state),
    one.searched ? String(one.lines.length) : '内容不在本机 (not kept here)',
    at(one.beganAt),
    at(one.announcedAt),
    at(one.endedAt),
    one.detail,
  ]),
});
const lines = ({ files }: Trace): Section => ({
  title: '文件行 file lines',
  head: ['文件 file', '行 line', '内容 (personal columns masked)'],
  numbers: [1],
  rows: files.flatMap(({ name, lines }) => lines.map(({ line, text }) => [name, String(line), text])),
});
const days = ({ days }: Trace): Section => ({
  title: '对账日 days',
  head: ['单位', '业务日', '状态', '第几次', '文件', '由', '开始', '比对', '结束'],
  rows: days.flatMap(({ unit, day, state, runs }) => {
    const about = [unit, day, reconDayStates[state]];
    return runs.length === 0
      ? [about]
      : runs.map((run) => [
          ...about,
          String(run.run),
          run.fileName,
          run.orderedBy,
          at(run.startedAt),
          at(run.comparedAt),
          at(run.endedAt),
        ]);
  }),
});
const differences = ({ differences }: Trace): Section => ({
  title: '差异 differences',
  head: [
    '业务日',
    '流水号',
    '类别',
    '状态',
    '处理',
    '平台行',
    '平台户号',
    '平台金额',
    '我方户号',
    '我方金额',
    '原单号',
    '新单号',
    '冲正单号',
    '由',
    '原因',
    '期限',
  ],
  numbers: [7, 9],
  rows: differences.map((one) => [
    one.day,
    one.serial,
    differenceClasses[one.class],
    differenceStates[one.state],
    one.outcome === undefined ? '' : repairOutcomes[one.outcome],
    one.line === 0 ? '' : String(one.line),
    one.lineCustomer,
    money(one.lineAmount),
    one.ourCustomer,
    money(one.ourAmount),
    one.paymentBefore,
    one.paymentAfter,
    one.refundNumber,
    one.operator,
    one.reason,
    at(one.dueAt),
  ]),
});
