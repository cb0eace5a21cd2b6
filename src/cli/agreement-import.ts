/* `sluice agreement import`: agreements that were signed elsewhere (at the counter, in an older system), from CSV. */
import { readFile } from 'node:fs/promises';
import { OperatorError } from '../errors.js';
import { decodeText } from '../protocol/index.js';
import type { AgreementOrder, AgreementOutcome, RevenueSystem } from '../revenue/index.js';
import type { Unit } from '../revenue/unit.js';
import { readCsv } from './csv.js';

const columns = {
  customer: ['customer', '户号'],
  agreementNumber: ['agreement', '协议号'],
  bankCode: ['bankcode', '银行代码'],
  bankAccount: ['bankaccount', '银行账号'],
  bankAccountName: ['bankaccountname', '账户名'],
  certType: ['certtype', '证件类型'],
  certNumber: ['certnumber', '证件号码'],
  mobile: ['mobile', '手机号'],
  email: ['email', '邮箱'],
} as const;
type Column = keyof typeof columns;
const required: readonly Column[] = ['customer', 'bankAccount'];
/** As wide as the fields of 200009 and the table. */
const widths: Readonly<Record<Column, number>> = {
  ...{ customer: 20, agreementNumber: 64, bankCode: 32, bankAccount: 64, bankAccountName: 100 },
  ...{ certType: 16, certNumber: 64, mobile: 32, email: 100 },
};
const FILE_BYTES_MAX = 512 * 1024 * 1024;

export type ImportRow = Readonly<Record<Column, string>>;
export interface ImportFault {
  readonly line: number;
  readonly reason: string;
}
export interface ImportEnd {
  readonly rows: number;
  readonly done: number;
  readonly faults: readonly ImportFault[];
}

/**
 * Reads the whole file before anything is written. UTF-8 (with or without mark) or GB18030.
 * @throws {OperatorError} `csv-unreadable`
 */
export async function readAgreements(path: string): Promise<readonly { line: number; row: ImportRow }[]> {
  const bytes = await readFile(path);
  if (bytes.length > FILE_BYTES_MAX) throw unreadable(`${path} is longer than ${FILE_BYTES_MAX} bytes`);
  const text = decodeText(bytes, 'utf8') ?? decodeText(bytes, 'gb18030');
  if (text === undefined) throw unreadable(`${path} is neither UTF-8 nor GB18030`);
  const [head, ...lines] = readCsv(text.replace(/^\uFEFF/, ''));
  if (head === undefined) throw unreadable(`${path} is empty`);
  const titles = head.cells.map((title) => title.trim().toLowerCase());
  const at = new Map(
    Object.entries(columns).map(([column, names]) => [
      column,
      titles.findIndex((title) => (names as readonly string[]).includes(title)),
    ]),
  );
  const missing = required.filter((column) => (at.get(column) ?? -1) < 0);
  if (missing.length > 0) throw unreadable(`${path} has no column ${missing.join(', ')}`);
  return lines.map(({ line, cells }) => ({
    line,
    row: Object.fromEntries(
      [...at].map(([column, place]) => [column, (place < 0 ? '' : (cells[place] ?? '')).trim()]),
    ) as unknown as ImportRow,
  }));
}

/** Signs each; an agreement that is there already stays as it is. @param change also changes an agreement with another account */
export async function importAgreements(
  revenue: RevenueSystem,
  unit: Unit,
  rows: readonly { readonly line: number; readonly row: ImportRow }[],
  at: number,
  change: boolean,
  progress: (done: number) => void,
): Promise<ImportEnd> {
  const faults: ImportFault[] = [];
  let done = 0;
  for (const [n, { line, row }] of rows.entries()) {
    const reason = faultOf(row) ?? (await sign(revenue, unit, row, at, change));
    if (reason === undefined) done += 1;
    else faults.push({ line, reason });
    progress(n + 1);
  }
  return { rows: rows.length, done, faults };
}

export function faultOf(row: ImportRow): string | undefined {
  for (const column of required) if (row[column] === '') return `${column} 为空 (empty)`;
  for (const column of Object.keys(columns) as Column[])
    if (row[column].length > widths[column]) return `${column} 过长 (longer than ${widths[column]})`;
  return undefined;
}

async function sign(
  revenue: RevenueSystem,
  unit: Unit,
  row: ImportRow,
  receivedAt: number,
  change: boolean,
): Promise<string | undefined> {
  const order = (deal: AgreementOrder['deal']): AgreementOrder => ({ ...row, deal, receivedAt });
  const signed = await revenue.maintainAgreement(unit, order('sign'));
  if (signed.kind === 'done') return undefined;
  if (signed.refusal !== 'other-agreement' || !change) return titles[signed.refusal];
  const changed = await revenue.maintainAgreement(unit, { ...order('change'), agreementNumber: '' });
  return changed.kind === 'done' ? undefined : titles[changed.refusal];
}
const titles: Readonly<Record<Extract<AgreementOutcome, { kind: 'refused' }>['refusal'], string>> = {
  'unknown-customer': '户号不存在 (unknown customer)',
  'no-agreement': '无协议 (no agreement)',
  'other-agreement': '已有其他协议 (another agreement is valid: --change)',
  'closed-account': '已销户 (closed account)',
};
const unreadable = (what: string): OperatorError =>
  new OperatorError(
    'csv-unreadable',
    what,
    'The first line names the columns: customer, bankAccount, and optionally agreement, bankCode, bankAccountName, certType, certNumber, mobile, email.',
  );
