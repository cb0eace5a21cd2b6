import { day, defineLine, fen, text } from '../schema.js';
import { billId, billMonth, clearingUnit, customer, lineCount, total } from './common.js';

/** What ends the summary of a deduction request and of its result. */
export const deductionRun = {
  startDay: day('startDate', '扣款开始日期', {}),
  bankCode: text('bankCode', '银行编码', { max: 32 }),
  inTransit: text('transitFlag', '在途标志', { max: 8 }),
};
export const dkkkSummary = defineLine({
  title: '代扣扣款 汇总',
  columns: { lineCount, total, ...deductionRun },
});

/** The eleven columns of a request, which its result repeats. */
export const deduction = {
  detail: text('detId', '明细标识', { min: 1, max: 32, required: true, note: 'ours, unique for ever' }),
  customer,
  clearingUnit,
  account: text('payAcctNo', '付款账号', { max: 64, personal: true }),
  volume: text('pQ', '用水量 (m³)', { max: 16 }),
  bill: billId,
  month: billMonth,
  receivable: fen('rcvblAmt', '应收金额', { note: 'without late fee' }),
  lateFee: fen('rcvblPenalty', '违约金', { note: 'frozen when the run was made' }),
  amount: fen('totalAmt', '扣款金额', { required: true, min: 1n }),
  requestedOn: day('reqDay', '请求日期', {}),
};
/** Batch deduction request (spec files.md "DKKK"). */
export const dkkkDetail = defineLine({ title: '代扣扣款 明细', columns: deduction });
