import { day, defineLine, fen, text } from '../schema.js';
import { billId, clearingUnit, customer, customerName, lateFeeFrom, lineCount } from './common.js';

export const cftzSummary = defineLine({ title: '催费通知 汇总', columns: { lineCount } });

/** Dunning list: bound customers with arrears (spec files.md "CFTZ"). */
export const cftzDetail = defineLine({
  title: '催费通知 明细',
  columns: {
    bill: billId,
    customer,
    customerName,
    owed: fen('oweAmt', '欠费金额', {}),
    lateFeeFrom,
    unitName: text('orgName', '单位名称', { max: 64 }),
    clearingUnit,
    remindUntil: day('remindDate', '提醒截止日', {}),
  },
});
