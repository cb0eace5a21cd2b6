/** rtnCode: one table (spec messages.md "rtnCode"). */

/** Code → meaning, and the group it belongs to. */
export const resultTable = {
  '9999': { group: 'success', meaning: '交易成功' },
  '0000': { group: 'envelope', meaning: '报文格式错误' },
  '0001': { group: 'envelope', meaning: '机构标识不合法' },
  '0002': { group: 'envelope', meaning: '协议版本号错误' },
  '0003': { group: 'envelope', meaning: '参数格式错误' },
  '0004': { group: 'envelope', meaning: '关键数据为空' },
  '0005': { group: 'envelope', meaning: '签名无效' },
  '0006': { group: 'envelope', meaning: '解密失败' },
  '0007': { group: 'envelope', meaning: '密钥不存在' },
  '0008': { group: 'envelope', meaning: '业务未开通' },
  '0009': { group: 'envelope', meaning: '系统异常' },
  '0010': { group: 'envelope', meaning: '与第三方通讯失败' },
  '1000': { group: 'query', meaning: '缴费单已经支付' },
  '1001': { group: 'query', meaning: '缴费单未出账' },
  '1002': { group: 'query', meaning: '查询的号码不合法' },
  '1003': { group: 'query', meaning: '未欠费' },
  '1004': { group: 'query', meaning: '超过受理期' },
  '1005': { group: 'query', meaning: '暂时无法缴费或超过限定缴费金额' },
  '1006': { group: 'query', meaning: '银行代扣期间禁止缴费' },
  '2001': { group: 'payment', meaning: '缴费单已经销账' },
  '2002': { group: 'payment', meaning: '缴费金额不等' },
  '2003': { group: 'payment', meaning: '超过受理期' },
  '2004': { group: 'payment', meaning: '超过限定缴费金额' },
  '2005': { group: 'payment', meaning: '业务状态异常' },
  '3000': { group: 'status', meaning: '没有该条记录' },
  // Never sent by us: peers disagree whether it is final. Listed because a platform may send it.
  '3001': { group: 'status', meaning: '处理失败/未知异常' },
  '3002': { group: 'status', meaning: '处理中，以对账为准' },
  '3003': { group: 'status', meaning: '处理状态失败，实时退款' },
  '4000': { group: 'files', meaning: '文件格式错误' },
  '4001': { group: 'files', meaning: '文件业务日期不正确' },
  '4002': { group: 'files', meaning: '文件摘要不正确' },
  '4003': { group: 'files', meaning: '文件不存在' },
  '4004': { group: 'files', meaning: '文件已经处理' },
  // 4005–4007: peers disagree; sent only where the dialect says so.
  '4005': { group: 'files', meaning: '文件处理成功（方言）' },
  '4006': { group: 'files', meaning: '文件重复（方言）' },
  '4007': { group: 'files', meaning: '文件处理失败（方言）' },
} as const;
export type ResultCode = keyof typeof resultTable;
export const resultCodes = Object.keys(resultTable).filter(isResultCode);

/** Code → its Chinese meaning, as `rtnMsg` says it. */
export const resultMeanings = Object.fromEntries(
  Object.entries(resultTable).map(([code, { meaning }]) => [code, meaning]),
) as { readonly [C in ResultCode]: string };

export function isResultCode(text: string): text is ResultCode {
  return Object.hasOwn(resultTable, text);
}
/** The Chinese meaning of the code. */
export const meaningOf = (code: ResultCode): string => resultTable[code].meaning;
