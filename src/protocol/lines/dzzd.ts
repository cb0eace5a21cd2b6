import { code, count, day, defineLine, fen, groups, text } from '../schema.js';
import { billId, billMonth, customer, customerName, lateFeeFrom, lineCount } from './common.js';

export const dzzdSummary = defineLine({ title: '电子账单 汇总', columns: { lineCount } });

/** Issued bills (spec files.md "DZZD"): 19 columns, then the nested groups. The same text is `content1` of 200005. */
export const dzzdDetail = defineLine({
  title: '电子账单 明细',
  columns: {
    bill: billId,
    unitName: text('orgName', '单位名称', { max: 64 }),
    lateFeeFrom,
    customer,
    customerName,
    address: text('addr', '地址', { max: 256, personal: true }),
    total: fen('totalAmt', '总金额', {}),
    previousReading: text('lastMrNum', '上期示数', { max: 16 }),
    currentReading: text('thisMrNum', '本期示数', { max: 16 }),
    multiplier: text('factor', '倍率', { max: 16 }),
    volume: text('tPq', '用水量 (m³)', { max: 16 }),
    unitCode: text('orgNo', '单位编码', { max: 16 }),
    previousReadDay: day('lastMrDate', '上期抄表日', {}),
    currentReadDay: day('thisMrDate', '本期抄表日', {}),
    tiered: code('stepFlag', '阶梯价', { N: '否', Y: '是' }, {}),
    yearVolume: text('yearPq', '本年累计用量', { max: 16 }),
    issuedOn: day('releaseDate', '发行日期', {}),
    month: billMonth,
    feeCount: count('feeCnt', '费用项数', { max: 200 }),
    groups: groups(
      'details',
      '费用、示数、阶梯',
      {
        fees: { tag: '01', values: 10, title: '费用项' },
        readings: { tag: '02', values: 10, title: '示数' },
        tiers: { tag: '03', values: 7, title: '阶梯' },
      },
      { rowsMax: 200, separators: { column: '$', row: '#' } },
    ),
  },
});
