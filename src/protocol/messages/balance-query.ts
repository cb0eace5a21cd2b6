import { AMOUNT_MAX } from '../kinds.js';
import { defineMessage, fen, rows, stamp, text } from '../schema.js';
import { answered, clearingUnit, customerOrQuery, extend, result } from './common.js';

/** spec "200007/200014": both codes, the same body. */
export const balanceQuery = defineMessage({
  serviceCodes: ['200007', '200014'],
  title: '余额查询',
  purpose: 'Prepaid balance of a customer.',
  direction: 'platform→utility',
  effect: 'query',
  request: { clearingUnit, ...customerOrQuery, extend },
  answer: {
    ...result,
    customer: answered.customer,
    customerName: answered.customerName,
    balance: fen('acctBal', '账户余额', { min: -AMOUNT_MAX }),
    balanceAt: stamp('balDate', '余额时间', {}),
    balances: rows(
      'balInfos',
      '余额明细',
      {
        balanceKind: text('balType', '余额类型', { max: 16 }),
        balance: fen('balValue', '余额', { min: -AMOUNT_MAX }),
        readAt: stamp('getDate', '取得时间', {}),
      },
      { rowsMax: 50, note: '`BAL_INFO` by dialect' },
    ),
    extend,
  },
});
