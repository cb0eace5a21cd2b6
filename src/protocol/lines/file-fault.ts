import type { FaultName } from '../field.js';

/** What may be wrong in a file: a field, or the line or file around it. */
export const fileFaults = {
  empty: '不能为空',
  type: '类型错误',
  length: '长度不符',
  format: '格式错误',
  'unknown-code': '代码未知',
  count: '个数不符',
  unclosed: '行未以 | 结束',
  blank: '空行',
  'line-too-long': '行过长',
  charset: '字符无法识别',
  'no-summary': '没有汇总行',
  summary: '汇总与明细不符',
} as const satisfies Record<FaultName, string> & Record<string, string>;
export type FileFaultName = keyof typeof fileFaults;

/** One fault of a file. Never carries the value: it may be personal. */
export interface FileFault {
  /** From 1, the summary. */
  readonly line: number;
  /** From 1; 0 where the line as a whole is meant. */
  readonly column: number;
  /** Chinese name of the column, or empty. */
  readonly title: string;
  readonly fault: FileFaultName;
  readonly detail: string;
}

/** For `rtnMsg` and for operators: `第3行第4列 缴费金额：格式错误（expected an amount in fen）`. */
export function describeFault({ line, column, title, fault, detail }: FileFault): string {
  const place = column > 0 ? `第${line}行第${column}列` : `第${line}行`;
  return `${place}${title === '' ? '' : ` ${title}`}：${fileFaults[fault]}（${detail}）`;
}
