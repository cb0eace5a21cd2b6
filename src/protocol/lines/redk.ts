import { SUM_MAX } from '../kinds.js';
import { count, day, defineLine, fen, text } from '../schema.js';
import { lineCount, total } from './common.js';
import { deduction, deductionRun } from './dkkk.js';

export const redkSummary = defineLine({
  title: '扣款应答 汇总',
  columnsMin: 4,
  columns: {
    lineCount,
    total,
    successCount: count('succCount', '成功笔数', { max: 100_000_000, required: true }),
    successTotal: fen('succAmt', '成功金额', { required: true, max: SUM_MAX }),
    ...deductionRun,
  },
});

/** Deduction result (spec files.md "REDK"): the eleven columns of the request, then what came of it. */
export const redkDetail = defineLine({
  title: '扣款应答 明细',
  columnsMin: 15,
  columns: {
    ...deduction,
    debitedOn: day('resDay', '扣款日期', {}),
    debited: fen('debitAmt', '实扣金额', {}),
    accounted: text('accountedFlag', '入账标志', { max: 8, note: 'success list per unit: 1, Y, 00, 9999' }),
    platformSerial: text('billNo', '平台流水', { max: 64, note: "the platform's serial of the debit" }),
    extend: text('extend', '备用', { max: 256 }),
  },
});
