import { AMOUNT_MAX } from '../kinds.js';
import { code, count, defineMessage, fen, month, rows, text } from '../schema.js';
import { answered, clearingUnit, extend, queryType, queryValue, result } from './common.js';

const owner = { customer: answered.customer, customerName: answered.customerName };
const place = {
  office: answered.office,
  officeName: answered.officeName,
  clearingUnit: answered.clearingUnit,
};

/** spec "200001 arrears query". Every member of the answer is always there, `"0"`, `""` or `[]` when empty. */
export const arrearsQuery = defineMessage({
  serviceCodes: ['200001'],
  title: '欠费查询',
  purpose: 'What does this customer owe now?',
  direction: 'platform→utility',
  effect: 'query',
  request: {
    clearingUnit,
    queryType,
    queryValue,
    fromMonth: month('bgnYm', '起始月', {}),
    toMonth: month('endYm', '终止月', {}),
    feeKind: code('busiType', '业务类型', { '11': '水费', '12': '业务费' }, { note: 'default 11' }),
    extend,
  },
  answer: {
    ...result,
    ...owner,
    address: answered.address,
    ...place,
    fundNumber: text('capitalNo', '资金编号', { max: 32 }),
    customerClass: text('consType', '用户类别', { max: 8 }),
    prepaid: fen('prepayAmt', '账户余额', { min: -AMOUNT_MAX }),
    totalOwed: fen('totalOweAmt', '应缴合计', {
      note: 'max(Σ oweAmt − prepaid, 0); prepaid not netted by dialect',
    }),
    totalReceivable: fen('totalRcvblAmt', '应收合计', { note: 'Σ rcvblAmt, without late fee' }),
    totalReceived: fen('totalRcvedAmt', '实收合计', {}),
    totalLateFee: fen('totalPenalty', '违约金合计', {}),
    billCount: count('recordCount', '明细条数', { max: 9999 }),
    bills: rows(
      'rcvblDet',
      '应收明细',
      {
        bill: text('rcvblAmtId', '应收标识', { max: 32 }),
        ...owner,
        ...place,
        month: month('rcvblYm', '应收月份', {}),
        volume: text('tPq', '用水量 (m³)', { max: 16 }),
        receivable: fen('rcvblAmt', '应收金额', { note: 'without late fee' }),
        received: fen('rcvedAmt', '实收金额', {}),
        lateFee: fen('rcvblPenalty', '违约金', {}),
        owed: fen('oweAmt', '欠费金额', { note: 'receivable − received + late fee' }),
        extend,
      },
      { rowsMax: 1000 },
    ),
    extend,
  },
});
