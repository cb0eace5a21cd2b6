/** Which services were asked and which result codes were answered in an acceptance, and why the others were not. */
import { isServiceCode, messages, type ResultCode, resultCodes } from '../../protocol/index.js';
import { readAnswer } from '../platform/request.js';
import type { CaseRecord } from './case.js';

export interface Coverage {
  /** Of the platform's services: code, title, how often it was asked. */
  readonly services: readonly { readonly code: string; readonly title: string; readonly asked: number }[];
  readonly codes: readonly { readonly code: ResultCode; readonly answered: number; readonly why: string }[];
}
/** Codes that nobody outside can bring about, or that the protocol of water utilities does not use. */
const reasons: Partial<Readonly<Record<ResultCode, string>>> = {
  '0002': '只在要求校验协议版本的平台上返回',
  '0005': '本接口无报文签名',
  '0006': '本接口无报文加密',
  '0007': '本接口无报文密钥',
  '0009': '被测系统自身故障，外部无法触发',
  '0010': '不经第三方',
  '1000': '由 2001 表示',
  '1001': '由 1003 或 9999 表示',
  '1004': '由 2003 表示',
  '3001': '各平台含义不一，不返回',
  '3002': '处理中的一瞬，无法稳定触发',
  '4005': '仅按平台方言返回',
  '4006': '仅按平台方言返回',
  '4007': '仅按平台方言返回',
};

export function coverageOf(records: readonly CaseRecord[]): Coverage {
  const asked = new Map<string, number>();
  const answered = new Map<string, number>();
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const entry of records.flatMap(({ log }) => log)) {
    if (!('outcome' in entry)) continue;
    const { outcome, request } = entry;
    count(asked, request.toString('latin1', 5, 11));
    if (outcome.kind === 'answer') count(answered, readAnswer(outcome.data)?.code ?? '');
  }
  const services = messages
    .filter(({ direction }) => direction === 'platform→utility')
    .flatMap(({ serviceCodes, title }) =>
      serviceCodes.filter(isServiceCode).map((code) => ({ code, title, asked: asked.get(code) ?? 0 })),
    );
  const codes = resultCodes.map((code) => {
    const times = answered.get(code) ?? 0;
    return { code, answered: times, why: times > 0 ? '' : (reasons[code] ?? '未触发') };
  });
  return {
    services: services.sort((a, b) => a.code.localeCompare(b.code)),
    codes: codes.sort((a, b) => a.code.localeCompare(b.code)),
  };
}
