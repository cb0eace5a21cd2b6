/** Everything that happened to a payment, in the order of time. Pure. */
import type { Moment } from '../clock.js';
import { differenceClasses, differenceStates, repairOutcomes } from '../exchange/index.js';
import { messageOf } from '../protocol/index.js';
import { yuan } from '../tools/index.js';
import type { Trace } from './trace.js';

export interface Happening {
  readonly at: Moment;
  readonly what: string;
  readonly detail: string;
}

/** Oldest first. */
export const happeningsOf = (trace: Trace): readonly Happening[] =>
  [...exchanges(trace), ...money(trace), ...files(trace), ...reconciliation(trace), ...deductions(trace)]
    .filter((one): one is Happening => one.at !== undefined)
    .toSorted((a, b) => a.at - b.at);

type Maybe = Omit<Happening, 'at'> & { readonly at: Moment | undefined };

const exchanges = ({ exchanges }: Trace): Maybe[] =>
  exchanges.map(({ at, service, resultCode, reason, durationMs }) => ({
    at,
    what: `${service} ${messageOf(service)?.title ?? ''}`.trimEnd(),
    detail: `应答 ${resultCode} ${reason}`.trimEnd().concat(`，${durationMs} ms`),
  }));

function money({ payments, entries, suspense, calls }: Trace): Maybe[] {
  return [
    ...payments.map((one) => ({
      at: one.bookedAt,
      what: one.orderedBy === '' ? '入账 booked' : '补入账 supplemented',
      detail: `${one.paymentNumber}，${yuan(one.amount)} 元 ${one.orderedBy}`.trimEnd(),
    })),
    ...payments.flatMap(({ refund }) =>
      refund === undefined
        ? []
        : [
            {
              at: refund.bookedAt,
              what: refund.kind === 'refund' ? '退费 refunded' : '冲正 reversed',
              detail: `${refund.refundNumber}，${yuan(refund.amount)} 元 ${refund.orderedBy}`.trimEnd(),
            },
          ],
    ),
    ...entries.map((one) => ({
      at: one.bookedAt,
      what: one.kind === 'settlement' ? '预存抵扣 settled from prepaid' : `记账 ${one.kind}`,
      detail: one.entryNumber,
    })),
    ...suspense.flatMap((one) => [
      {
        at: one.bookedAt,
        what: '暂挂 held',
        detail: `${one.number}，${yuan(one.amount)} 元 ${one.orderedBy}`,
      },
      {
        at: one.resolvedAt,
        what: one.state === 'assigned' ? '暂挂认领 assigned' : '暂挂退回 returned',
        detail: `${one.resolvedBy} ${one.resolvedFor}`,
      },
    ]),
    ...calls.flatMap((one) => [
      { at: one.claimedAt, what: '向营收系统入账 asked of the revenue system', detail: one.theirSerial },
      {
        at: one.changedAt,
        what: `营收系统 ${one.state}`,
        detail: `${one.paymentNumber} ${one.refusal}`.trim(),
      },
      {
        at: one.refund?.changedAt,
        what: `营收系统退费 ${one.refund?.state ?? ''}`,
        detail: one.refund?.refundNumber ?? '',
      },
    ]),
  ];
}

const files = ({ files }: Trace): Maybe[] =>
  files
    .filter(({ lines }) => lines.length > 0)
    .flatMap(({ direction, beganAt, announcedAt, endedAt, name, state, lines }) => {
      const detail = `${name} 第 ${lines.map(({ line }) => line).join('、')} 行`;
      return direction === 'in'
        ? [
            { at: beganAt, what: '收到文件 file found', detail },
            { at: announcedAt, what: '平台通知文件 file announced', detail: name },
            { at: endedAt, what: `文件 ${state}`, detail: name },
          ]
        : [
            { at: beganAt, what: '生成文件 file ordered', detail },
            { at: endedAt, what: '发布文件 file published', detail: name },
            { at: announcedAt, what: '已通知平台 platform told', detail: name },
          ];
    });

const reconciliation = ({ days, differences }: Trace): Maybe[] => [
  ...days.flatMap(({ day, runs, closedAt }) => [
    ...runs.map(({ run, comparedAt, fileName }) => ({
      at: comparedAt,
      what: '对账比对 compared',
      detail: `${day} 第 ${run} 次 ${fileName}`.trimEnd(),
    })),
    { at: closedAt, what: '对账日关闭 day closed', detail: day },
  ]),
  ...differences.flatMap((one) => {
    const outcome = one.outcome === undefined ? '' : repairOutcomes[one.outcome];
    return [
      {
        at: one.foundAt,
        what: '发现差异 difference',
        detail: `${one.serial} ${differenceClasses[one.class]}`,
      },
      {
        at: one.changedAt === one.foundAt ? undefined : one.changedAt,
        what: `差异 ${differenceStates[one.state]}`,
        detail: `${one.serial} ${outcome} ${one.operator} ${one.reason}`.trim(),
      },
    ];
  }),
];

const deductions = ({ deductions }: Trace): Maybe[] =>
  deductions.flatMap((one) => [
    {
      at: one.createdAt,
      what: '代扣批次 deduction run',
      detail: `${one.batch}，账单 ${one.bill}，${yuan(one.amount)} 元`,
    },
    {
      at: one.outcome === 'waiting' ? undefined : one.changedAt,
      what: `代扣结果 ${one.outcome}`,
      detail: `${one.bill} ${one.reason}`.trimEnd(),
    },
  ]);
