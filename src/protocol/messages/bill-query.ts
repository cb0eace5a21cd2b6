import { dzzdDetail } from '../lines/dzzd.js';
import { defineMessage, lineText, month, rows } from '../schema.js';
import { clearingUnit, customerOrQuery, extend, result } from './common.js';

/** spec "200005": each bill as a DZZD line. */
export const billQuery = defineMessage({
  serviceCodes: ['200005'],
  title: '账单实时查询',
  purpose: 'Issued bills of a period.',
  direction: 'platform→utility',
  effect: 'query',
  request: {
    clearingUnit,
    ...customerOrQuery,
    fromMonth: month('bgnYm', '起始月', {}),
    toMonth: month('endYm', '终止月', {}),
    extend,
  },
  answer: {
    ...result,
    bills: rows(
      'contents',
      '账单',
      { line: lineText('content1', '电子账单行', dzzdDetail) },
      { rowsMax: 200 },
    ),
    extend,
  },
});
