import { jfDetail } from '../lines/jf.js';
import { day, defineMessage, lineText, rows } from '../schema.js';
import { clearingUnit, customerOrQuery, extend, result } from './common.js';

/** spec "200008": each payment as a JF line. */
export const paymentRecords = defineMessage({
  serviceCodes: ['200008'],
  title: '缴费记录查询',
  purpose: 'Payments of a period.',
  direction: 'platform→utility',
  effect: 'query',
  request: {
    clearingUnit,
    ...customerOrQuery,
    fromDay: day('bgnDate', '起始日期', {}),
    toDay: day('endDate', '终止日期', {}),
    extend,
  },
  answer: {
    ...result,
    payments: rows(
      'payInfos',
      '缴费记录',
      { line: lineText('payInfo', '缴费记录行', jfDetail) },
      { rowsMax: 500 },
    ),
    extend,
  },
});
