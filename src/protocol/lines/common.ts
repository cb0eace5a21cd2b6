/** Fields that several lines share. Wire names are ours where the platform's papers name only the position (spec files.md). */
import { AMOUNT_MAX, SUM_MAX } from '../kinds.js';
import { count, day, fen, month, text } from '../schema.js';

export const customer = text('consNo', '户号', { min: 1, max: 20, required: true });
export const customerName = text('consName', '户名', { max: 64, personal: true });
export const billId = text('rcvblAmtId', '应收标识', { min: 1, max: 32, required: true });
export const billMonth = month('rcvblYm', '应收月份', {});
export const clearingUnit = text('acctOrgNo', '清算单位', { max: 16 });
export const lateFeeFrom = day('penaltyDate', '违约金起算日', {});
export const lineCount = count('count', '总笔数', { max: 100_000_000, required: true });
export const total = fen('totalAmt', '总金额', { required: true, max: SUM_MAX });
/** Amounts that a correction makes negative. */
export const signedFen = (wire: string, title: string, note = '') =>
  fen(wire, title, { min: -AMOUNT_MAX, note });
