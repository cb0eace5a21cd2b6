import { count, day, defineMessage, fen, month, rows, text, time } from '../schema.js';
import { bankSerial, clearingUnit, customer, extend, result } from './common.js';

/** One row of `rcvDet`; an empty or `0` bill means "this customer, any bill". */
export const paymentRow = {
  customer,
  bill: text('rcvblAmtId', '应收标识', { max: 32 }),
  month: month('rcvblYm', '应收月份', { note: '`yyyyMMdd` is read too' }),
  note: text('extendDet', '备用', { max: 64 }),
};

/** spec "200002 payment". The serial with the clearing unit is the idempotency and the reconciliation key; msgId never is. */
export const payment = defineMessage({
  serviceCodes: ['200002'],
  title: '代收缴费',
  purpose: 'Book a payment or a prepayment.',
  direction: 'platform→utility',
  effect: { repeatKey: ['clearingUnit', 'serial'] },
  request: {
    clearingUnit,
    serial: bankSerial,
    bookingDay: day('bankDate', '缴费日期', { required: true, note: '`yyyyMMdd HH:mm:ss` is read too' }),
    bookingTime: time('bankDateTime', '缴费时间', { note: '`HH:mm` is read too' }),
    fundNumber: text('capitalNo', '资金编号', { max: 32 }),
    payMode: text('payMode', '缴费方式', { max: 16 }),
    amount: fen('rcvAmt', '缴费金额', { required: true, min: 1n }),
    rowCount: count('chargeCnt', '明细条数', { max: 200, note: '`0` or `1` for a prepayment' }),
    rows: rows('rcvDet', '缴费明细', paymentRow, {
      rowsMax: 200,
      required: true,
      separators: { column: '|', row: '$' },
      note: 'text or array',
    }),
    remark: text('remark', '人工补发说明', { max: 256, personal: true, note: 'when a human re-posts' }),
    extend,
  },
  answer: { ...result, extend },
});
