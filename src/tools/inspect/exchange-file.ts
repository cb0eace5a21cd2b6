/** Explains an exchange file: its name, its summary, its lines field by field, and what is wrong, with line and column. */
import { printable } from '../../log.js';
import {
  defaultFileSettings,
  describeFault,
  dialectOfFile,
  type ExchangeFile,
  exchangeFiles,
  type FileFault,
  type FileSettings,
  type FileType,
  fileTypeOf,
  readExchangeFile,
  readFileName,
} from '../../protocol/index.js';
import type { Paint } from '../text.js';
import { explainCells, type FieldLine } from './fields.js';
import { renderFields } from './render.js';

export interface FileExplanation {
  readonly name: string;
  readonly type: FileType;
  readonly title: string;
  readonly direction: string;
  /** From the name, where it has them. */
  readonly day: string;
  readonly unit: string;
  readonly charset: string;
  readonly bytes: number;
  readonly detailLines: number;
  readonly summary: readonly FieldLine[];
  /** The first lines, and the lines with faults. */
  readonly shown: readonly { readonly line: number; readonly fields: readonly FieldLine[] }[];
  readonly faults: readonly FileFault[];
  readonly faultCount: number;
}
const FIRST_LINES = 3;
const SHOWN_MAX = 20;

/**
 * @param type where the name does not tell
 * @returns `undefined` where neither name nor `type` says that this is an exchange file
 */
export async function explainExchangeFile(
  name: string,
  content: Buffer,
  type: string | undefined,
  settings: Partial<FileSettings> = {},
): Promise<FileExplanation | undefined> {
  const read = readFileName(name, type ?? '');
  const known = read.ok ? read.name.type : fileTypeOf(type ?? '');
  if (known === undefined) return undefined;
  const file: ExchangeFile = exchangeFiles[known] as unknown as ExchangeFile;
  const all = { ...defaultFileSettings, ...guessUnit(content), ...settings };
  const verdict = await readExchangeFile(
    file,
    () => [content],
    all,
    () => {},
  );
  const faults = verdict.ok ? [] : verdict.faults;
  const text = new TextDecoder(verdict.charset === 'utf8' ? 'utf-8' : 'gb18030').decode(content);
  const lines = text.split(/\r?\n/);
  const wanted = new Set(lines.slice(1, 1 + FIRST_LINES).map((_, i) => i + 2));
  for (const { line } of faults) if (line > 1) wanted.add(line);
  const dialect = dialectOfFile(all);
  const fieldsOf = (columns: ExchangeFile['detail']['columns'], line: number) =>
    explainCells(columns, lines[line - 1] ?? '', '|', dialect, `L${line}`);
  const [summary] = Object.values(file.summaries);
  return {
    name,
    type: known,
    title: file.title,
    direction: file.direction,
    day: read.ok ? read.name.day : '',
    unit: (read.ok ? read.name.unit : undefined) ?? '',
    charset: verdict.charset,
    bytes: verdict.bytes,
    detailLines: verdict.lines,
    summary: summary === undefined ? [] : fieldsOf(summary.columns, 1),
    shown: [...wanted]
      .filter((line) => (lines[line - 1] ?? '') !== '')
      .sort((a, b) => a - b)
      .slice(0, SHOWN_MAX)
      .map((line) => ({ line, fields: fieldsOf(file.detail.columns, line) })),
    faults,
    faultCount: verdict.ok ? 0 : verdict.faultCount,
  };
}
/** Amounts with two decimals that are not zero are yuan; nobody writes fractions of a fen. */
function guessUnit(content: Buffer): Partial<FileSettings> {
  const head = content.toString('latin1', 0, 4096);
  if (/\|-?\d+\.(?!00)\d\d\|/.test(head)) return { amountUnit: 'yuan' };
  return /\|-?\d+\.00\|/.test(head) ? { amountUnit: 'fenDecimals' } : {};
}

export function renderExchangeFile(file: FileExplanation, paint: Paint): string {
  const where = [file.direction, file.unit && `unit ${file.unit}`, file.day].filter(Boolean).join(', ');
  const lines = [
    paint('bold', printable(`${file.type} ${file.title}  ${where}`)),
    `${file.bytes} bytes, ${file.charset}, ${file.detailLines} lines behind the summary`,
    '',
    paint('bold', 'summary'),
    ...renderFields(file.summary, paint),
  ];
  for (const { line, fields } of file.shown)
    lines.push(paint('bold', `line ${line}`), ...renderFields(fields, paint));
  lines.push('');
  if (file.faultCount === 0)
    lines.push(`${paint('bold', 'verdict')}  ${paint('green', 'sound: summary and lines agree')}`);
  for (const fault of file.faults) lines.push(paint('red', `✗ ${printable(describeFault(fault))}`));
  if (file.faultCount > file.faults.length)
    lines.push(paint('red', `… ${file.faultCount - file.faults.length} more`));
  return lines.join('\n');
}
