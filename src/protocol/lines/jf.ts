import { SUM_MAX } from '../kinds.js';
import { code, defineLine, fen, stamp, text } from '../schema.js';
import { clearingUnit, customer, customerName, lineCount, signedFen } from './common.js';

export const jfSummary = defineLine({
  title: '缴费记录 汇总',
  columns: { lineCount, total: fen('totalAmt', '总金额', { required: true, min: -SUM_MAX, max: SUM_MAX }) },
});

/** Payments of yesterday, all channels (spec files.md "JF"). The same text is `payInfo` of 200008. */
export const jfDetail = defineLine({
  title: '缴费记录 明细',
  columns: {
    record: text('recordId', '记录标识', { min: 1, max: 32, required: true }),
    customer,
    customerName,
    customerUnit: text('consOrgNo', '用户单位', { max: 32 }),
    collectingUnit: text('rcvOrgNo', '收费单位', { max: 32 }),
    clearingUnit,
    institution: text('instNo', '收费机构', { max: 32 }),
    charged: signedFen('chargeAmt', '收费金额'),
    principal: signedFen('rcvedAmt', '实收金额', 'without late fee'),
    lateFee: signedFen('rcvedPenalty', '实收违约金'),
    prepaidChange: signedFen('prepayAmt', '预存发生额', 'used: negative'),
    balanceAfter: signedFen('acctBal', '结余'),
    at: stamp('chargeTime', '收费时间', {}),
    kind: code('chargeType', '类型', { '1': '收费', '2': '冲正', '3': '退费' }, {}),
    payMode: text('payMode', '缴费方式', { max: 16 }),
    settlement: text('settleMode', '结算方式', { max: 16 }),
  },
});
