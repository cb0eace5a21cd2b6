/** What came of a run, line by line, as a table for people: each requested line, then the lines of results that were not taken. */
import type { Session } from '../../database/index.js';
import type { Sheet, SheetCell } from '../../spreadsheet.js';
import type { Batch } from './batch.js';
import { itemsBetween, type Outcome } from './items.js';
import { refusedOf } from './refused.js';

export const outcomeTitles: Readonly<Record<Outcome, string>> = {
  waiting: '待结果',
  settled: '成功',
  prepaid: '成功，转预存',
  failed: '失败',
  conflict: '流水冲突',
  released: '已释放',
};
const PAGE = 1000;

export const reportOf = (session: Session, batch: Batch): Sheet => ({
  name: `代扣 ${batch.unit} ${batch.day}`,
  columns: [
    { title: '明细标识', width: 34 },
    { title: '户号', width: 14 },
    { title: '应收标识', width: 22 },
    { title: '应收月份', width: 10 },
    { title: '本金', width: 12 },
    { title: '违约金', width: 12 },
    { title: '扣款金额', width: 12 },
    { title: '结果', width: 14 },
    { title: '原因', width: 40 },
    { title: '缴费编号', width: 26 },
  ],
  rows: rowsOf(session, batch),
});

async function* rowsOf(session: Session, batch: Batch): AsyncIterable<readonly SheetCell[]> {
  for (let first = 1; first <= batch.count; first += PAGE) {
    for (const item of await itemsBetween(session, batch, first, first + PAGE - 1)) {
      yield [
        item.detail,
        item.customer,
        item.bill,
        item.month,
        { fen: item.principal },
        { fen: item.lateFee },
        { fen: item.amount },
        outcomeTitles[item.outcome],
        item.reason,
        item.paymentNumber,
      ];
    }
  }
  for await (const { file, line, detail, reason } of refusedOf(session, batch.id)) {
    const nothing = [undefined, undefined, undefined, undefined, undefined, undefined];
    yield [detail, ...nothing, '拒收', `${file} 第${line}行：${reason}`, undefined];
  }
}
