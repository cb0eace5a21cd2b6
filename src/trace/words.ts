/* What the states and kinds of the books are called: Chinese first, the word of the database beside it. */
import type { IncomingFile, OutgoingFile } from '../exchange/index.js';
import type { TracedEntry, TracedPayment, TracedSuspense } from '../revenue/index.js';

type Titles<T extends string> = Readonly<Record<T, string>>;

export const channelTitles: Titles<TracedPayment['channel']> = {
  platform: '平台',
  deduction: '代扣',
  counter: '柜台',
};
export const paymentStateTitles: Titles<TracedPayment['state']> = {
  booked: '已入账',
  refunded: '已退费',
  reversed: '已冲正',
};
export const entryKindTitles: Titles<TracedEntry['kind']> = {
  payment: '缴费',
  refund: '退费',
  supplement: '补账',
  reversal: '冲正',
  deduction: '代扣',
  settlement: '预存抵缴',
  suspense: '暂挂',
  adjustment: '调整',
};
export const accountTitles: Titles<TracedEntry['lines'][number]['account']> = {
  clearing: '平台清算',
  receivables: '应收水费',
  late_fee_income: '违约金收入',
  prepaid: '用户预存',
  suspense: '暂挂款',
};
export const suspenseStateTitles: Titles<TracedSuspense['state']> = {
  held: '待处理',
  assigned: '已认领',
  returned: '已退回',
};
export const billStateTitles: Titles<'open' | 'settled'> = { open: '未缴', settled: '已结清' };
export const fileStateTitles: Titles<IncomingFile['state'] | OutgoingFile['state']> = {
  whole: '已收全',
  parsed: '已校验',
  processing: '处理中',
  processed: '已处理',
  refused: '拒收',
  quarantined: '隔离',
  generating: '生成中',
  written: '已写出',
  published: '已发布',
  verified: '已核对',
  noticed: '已通知',
  failed: '通知失败',
  empty: '无数据',
  withdrawn: '已撤回',
};

/** `已入账 booked`; a word without a title stands for itself. */
export const worded = (titles: Readonly<Record<string, string>>, word: string): string =>
  Object.hasOwn(titles, word) ? `${titles[word]} ${word}` : word;
