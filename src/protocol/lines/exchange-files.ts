/** The exchange files, each declared once (spec files.md "Types"). */
import { cftzDetail, cftzSummary } from './cftz.js';
import { dkkkDetail, dkkkSummary } from './dkkk.js';
import { dsdzDetail, dsdzSummaries } from './dsdz.js';
import { dzzdDetail, dzzdSummary } from './dzzd.js';
import { defineFile } from './exchange-file.js';
import { jfDetail, jfSummary } from './jf.js';
import { redkDetail, redkSummary } from './redk.js';

export const exchangeFiles = {
  DKKK: defineFile({
    type: 'DKKK',
    inName: 'DKKK',
    title: '代扣扣款',
    purpose: 'Batch deduction request.',
    direction: 'utility→platform',
    announcedBy: ['100001'],
    when: "on the unit's days, e.g. the 5th, 10th, 15th",
    summaries: { usual: dkkkSummary },
    detail: dkkkDetail,
    amountOf: (line) => line.amount,
  }),
  REDK: defineFile({
    type: 'REDK',
    inName: 'REDKKK',
    title: '扣款应答',
    purpose: 'Deduction result.',
    direction: 'platform→utility',
    announcedBy: ['200011', '200019'],
    when: 'after the platform debited',
    summaries: { usual: redkSummary },
    detail: redkDetail,
    amountOf: (line) => line.amount,
    isSuccess: (line, { successFlags }) =>
      successFlags.includes(line.accounted) && line.debited === line.amount,
  }),
  DSDZ: defineFile({
    type: 'DSDZ',
    inName: 'DSDZ',
    title: '对账',
    purpose: 'T+1 reconciliation.',
    direction: 'platform→utility',
    announcedBy: ['200011'],
    when: 'next morning, normally before 09:00',
    summaries: dsdzSummaries,
    detail: dsdzDetail,
    amountOf: (line) => line.amount,
  }),
  DZZD: defineFile({
    type: 'DZZD',
    inName: 'DZZD',
    title: '电子账单',
    purpose: 'Issued bills: drives automatic payment and bill reminders.',
    direction: 'utility→platform',
    announcedBy: ['100001'],
    when: "daily, yesterday's issued bills",
    summaries: { usual: dzzdSummary },
    detail: dzzdDetail,
  }),
  JF: defineFile({
    type: 'JF',
    inName: 'JF',
    title: '缴费记录',
    purpose: 'Payments of yesterday, all channels.',
    direction: 'utility→platform',
    announcedBy: ['100001'],
    when: 'daily, small hours',
    summaries: { usual: jfSummary },
    detail: jfDetail,
    amountOf: (line) => line.charged,
  }),
  CFTZ: defineFile({
    type: 'CFTZ',
    inName: 'CFTZ',
    title: '催费通知',
    purpose: 'Dunning list: bound customers with arrears.',
    direction: 'utility→platform',
    announcedBy: ['100001'],
    when: 'by schedule',
    summaries: { usual: cftzSummary },
    detail: cftzDetail,
  }),
} as const;
export type FileType = keyof typeof exchangeFiles;
export const fileTypes = [
  'DKKK',
  'REDK',
  'DSDZ',
  'DZZD',
  'JF',
  'CFTZ',
] as const satisfies readonly FileType[];
