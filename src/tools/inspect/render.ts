/** An explanation as text for a terminal. */
import { printable } from '../../log.js';
import { columns, type Paint, padTo } from '../text.js';
import type { FieldLine } from './fields.js';
import type { FrameExplanation, Part } from './frame.js';

const BYTES_PER_ROW = 16;
const OFFSET_WIDTH = 6;

export interface RenderOptions {
  readonly paint: Paint;
  /** Rows of the dump of the data; the rest is counted. */
  readonly dumpRowsMax: number;
}

/** The frame byte by byte, then its fields, then what a receiver does with it. */
export function renderFrame(explained: FrameExplanation, options: RenderOptions): string {
  const { paint } = options;
  const lines = explained.parts.flatMap((part) => renderPart(part, explained.charset, options));
  lines.push('');
  if (explained.dataFault !== '') {
    lines.push(paint('red', `data: ${printable(explained.dataFault)}`));
    if (explained.text !== '') lines.push(...jsonPosition(explained.text, explained.dataFault));
    lines.push('');
  }
  if (explained.head.length + explained.body.length > 0) {
    const kind = explained.side === 'answer' ? 'answer 应答' : 'request 请求';
    lines.push(paint('bold', `${explained.serviceCode} ${explained.title || 'unknown service'}, ${kind}`));
    lines.push(...renderFields([...explained.head, ...explained.body], paint), '');
  }
  lines.push(
    `${paint('bold', 'verdict')}  ${paint(explained.sound ? 'green' : 'yellow', printable(explained.verdict))}`,
  );
  return lines.join('\n');
}

function renderPart(
  part: Part,
  charset: FrameExplanation['charset'],
  { paint, dumpRowsMax }: RenderOptions,
): string[] {
  const fault = part.fault === undefined ? '' : paint('red', `  ✗ ${part.fault}`);
  const title = `${printable(part.says)}${part.name === 'data' ? charsetName(charset) : ''}`;
  const offset = paint('dim', String(part.offset).padStart(OFFSET_WIDTH));
  if (part.bytes.length <= BYTES_PER_ROW && part.name !== 'data') {
    const hex = hexOf(part.bytes);
    return [`${offset}  ${padTo(hex, BYTES_PER_ROW * 3 - 1)}  ${title}${fault}`];
  }
  const lines = [`${offset}  ${padTo('', BYTES_PER_ROW * 3 - 1)}  ${title}${fault}`];
  const rows = dumpRows(part.bytes, charset ?? 'utf8');
  for (const [i, row] of rows.slice(0, dumpRowsMax).entries()) {
    const at = paint('dim', String(part.offset + i * BYTES_PER_ROW).padStart(OFFSET_WIDTH));
    lines.push(`${at}  ${padTo(row.hex, BYTES_PER_ROW * 3 - 1)}  ${paint('cyan', row.text)}`);
  }
  const left = rows.length - dumpRowsMax;
  if (left > 0)
    lines.push(paint('dim', `${' '.repeat(OFFSET_WIDTH)}  … ${left} more rows (--all shows them)`));
  return lines;
}
const charsetName = (charset: FrameExplanation['charset']): string =>
  charset === undefined ? '' : `, ${charset === 'utf8' ? 'UTF-8' : 'GBK'}`;
const hexOf = (bytes: Buffer): string => bytes.toString('hex').replace(/..(?!$)/g, '$& ');

/** Sixteen bytes a row; a character stands in the row of its first byte, the rest of its bytes are `·`. */
function dumpRows(bytes: Buffer, charset: 'utf8' | 'gbk'): { readonly hex: string; readonly text: string }[] {
  const cells: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const width = characterBytes(bytes, at, charset);
    const character = new TextDecoder(charset).decode(bytes.subarray(at, at + width));
    const control =
      character.length === 1 && (character < ' ' || character === '\u007f' || character === '\ufffd');
    cells.push(control ? '.' : printable(character));
    for (let i = 1; i < width; i++) cells.push('');
    at += width;
  }
  const rows: { hex: string; text: string }[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_PER_ROW) {
    const text = cells.slice(at, at + BYTES_PER_ROW).join('');
    rows.push({ hex: hexOf(bytes.subarray(at, at + BYTES_PER_ROW)), text });
  }
  return rows;
}
function characterBytes(bytes: Buffer, at: number, charset: 'utf8' | 'gbk'): number {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  const whole =
    charset === 'gbk'
      ? gbkBytes(first, second)
      : first >= 0xf0
        ? 4
        : first >= 0xe0
          ? 3
          : first >= 0xc2
            ? 2
            : 1;
  return Math.min(whole, bytes.length - at);
}
const gbkBytes = (first: number, second: number): number =>
  first < 0x81 ? 1 : second >= 0x30 && second <= 0x39 ? 4 : 2;

export function renderFields(fields: readonly FieldLine[], paint: Paint): string[] {
  const rows = columns(
    fields.map((field) => [`  ${printable(field.path)}`, field.title, printable(field.raw) || '–']),
  );
  return fields.map((field, i) => {
    const says = field.says === '' ? '' : paint('dim', `  ${printable(field.says)}`);
    const fault = field.fault === undefined ? '' : paint('red', `  ✗ ${printable(field.fault)}`);
    return `${rows[i] ?? ''}${says}${fault}`;
  });
}

/** The place where JSON breaks, with what stands around it. */
function jsonPosition(text: string, fault: string): string[] {
  const found = /position (\d+)/.exec(fault);
  if (found === null) return [];
  const at = Number(found[1]);
  const before = text.slice(Math.max(0, at - 30), at);
  return [
    `  ${printable(before)}⟦${printable(text.slice(at, at + 1))}⟧${printable(text.slice(at + 1, at + 30))}`,
  ];
}
