import { count, day, defineLine, fen, month, rows, serial, text } from '../schema.js';
import { customer, lineCount, total } from './common.js';

/** Both orders are in use; the one that agrees with the lines counts (spec files.md "DSDZ"). */
export const dsdzSummaries = {
  amountFirst: defineLine({ title: '对账 汇总（金额在前）', columns: { total, lineCount } }),
  countFirst: defineLine({ title: '对账 汇总（笔数在前）', columns: { lineCount, total } }),
} as const;

/** T+1 reconciliation (spec files.md "DSDZ"). Only successful charges appear; what the platform refunded is absent. */
export const dsdzDetail = defineLine({
  title: '对账 明细',
  columns: {
    customer,
    serial: serial('bankSerial', '银行流水', { required: true }),
    bookingDay: day('bankDate', '缴费日期', { required: true }),
    amount: fen('rcvAmt', '缴费金额', { required: true, min: 1n }),
    rowCount: count('count', '明细条数', { max: 200 }),
    rows: rows(
      'rcvDet',
      '缴费明细',
      {
        customer,
        bill: text('rcvblAmtId', '应收标识', { max: 32 }),
        month: month('rcvblYm', '应收月份', {}),
      },
      { rowsMax: 200, separators: { column: '$', row: '#' } },
    ),
  },
});
