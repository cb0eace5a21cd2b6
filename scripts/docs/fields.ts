import type { Field, Fields, Shape } from '../../src/protocol/index.js';
import { code, table } from './markdown.js';

type AnyField = Field<unknown, unknown>;

/** The members of an object, nested rows below their field. */
export function memberTable(fields: Fields): string {
  return table(['wire', 'name', '名称', 'what', 'required', 'in logs', 'note'], members(fields, ''));
}
function members(fields: Fields, prefix: string): string[][] {
  return Object.entries(fields).flatMap(([name, field]) => [
    [code(prefix + field.wire), name, ...facts(field)],
    ...(field.shape.kind === 'rows' ? members(field.shape.columns, `${prefix}${field.wire}[].`) : []),
  ]);
}

/** The columns of a line, numbered. */
export function columnTable(fields: Fields): string {
  const rows = Object.entries(fields).flatMap(([name, field], i) => [
    [String(i + 1), code(field.wire), name, ...facts(field)],
    ...nested(field, String(i + 1)),
  ]);
  return table(['no.', 'column', 'name', '名称', 'what', 'required', 'in logs', 'note'], rows);
}
function nested({ shape }: AnyField, number: string): string[][] {
  if (shape.kind === 'rows') {
    return Object.entries(shape.columns).map(([name, field], i) => [
      `${number}.${i + 1}`,
      code(field.wire),
      name,
      ...facts(field),
    ]);
  }
  if (shape.kind !== 'groups') return [];
  return Object.entries(shape.groups).map(([name, { tag, values, title }]) => [
    `${number}`,
    code(tag),
    name,
    title,
    `${values} values, each closed by \`${shape.separators.column}\`, the group by \`${shape.separators.row}\``,
    '',
    '',
    '',
  ]);
}

function facts(field: AnyField): string[] {
  const { title, shape, required, note, refusedAs } = field;
  const refused = refusedAs === undefined ? '' : `else ${refusedAs}`;
  return [
    title,
    describe(shape),
    required ? 'yes' : '',
    masked(field),
    [note, refused].filter(Boolean).join('; '),
  ];
}
function masked({ personal }: AnyField): string {
  if (typeof personal === 'boolean') return personal ? 'masked' : '';
  const { wire, is } = personal.unless;
  return `masked unless ${wire} is ${is.map((value) => value || 'empty').join(', ')}`;
}

/** What a field's value looks like on the wire. */
export function describe(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return shape.charsMin > 0 ? `text ${shape.charsMin}..${shape.charsMax}` : `text ≤ ${shape.charsMax}`;
    case 'serial':
      return '10..32 visible ASCII characters without | $ #';
    case 'count':
      return `0..${shape.max}`;
    case 'fen':
      return shape.min > 0n ? 'amount > 0' : shape.min < 0n ? 'amount, may be negative' : 'amount ≥ 0';
    case 'month':
      return 'yyyyMM';
    case 'day':
      return 'yyyyMMdd';
    case 'time':
      return 'HHmmss';
    case 'stamp':
      return 'yyyyMMddHHmmss';
    case 'code':
      return describeCode(shape.meanings);
    case 'rows':
      return shape.separators === undefined
        ? `array ≤ ${shape.rowsMax}`
        : `rows ≤ ${shape.rowsMax}; as text columns closed by ${shape.separators.column}, rows by ${shape.separators.row}`;
    case 'groups':
      return `groups ≤ ${shape.rowsMax}`;
    case 'line':
      return 'one line as in docs/files.md';
    default:
      return shape satisfies never;
  }
}
function describeCode(meanings: Readonly<Record<string, string>>): string {
  const all = Object.entries(meanings);
  return all.length > 10 ? 'see "rtnCode"' : all.map(([value, meaning]) => `${value} ${meaning}`).join(' · ');
}
