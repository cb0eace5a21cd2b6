/** Explains one decoded object field by field, from the declaration: name, meaning, value in words, and what is wrong with it. */
import {
  type Field,
  type Fields,
  isResultCode,
  meaningOf,
  Reading,
  type Shape,
  type WireDialect,
} from '../../protocol/index.js';
import { isObject } from '../json.js';

export interface FieldLine {
  /** Wire names with position, e.g. `body.rcvDet[1].consNo`. */
  readonly path: string;
  /** Chinese name; empty for what no declaration knows. */
  readonly title: string;
  /** The value as on the wire, shortened where it is long. */
  readonly raw: string;
  /** The value in words, where the wire does not say it plainly. */
  readonly says: string;
  /** What is wrong with it. */
  readonly fault?: string;
}

const RAW_CHARS_MAX = 120;
const ROWS_SHOWN_MAX = 50;

/** @param path what the paths begin with, e.g. `body` */
export function explainFields(fields: Fields, raw: unknown, dialect: WireDialect, path: string): FieldLine[] {
  if (!isObject(raw)) return [{ path, title: '', raw: shown(raw), says: '', fault: 'expected an object' }];
  const lines: FieldLine[] = [];
  const names = new Set<string>();
  for (const field of Object.values(fields)) {
    const wire = dialect.wireNames[field.wire] ?? field.wire;
    names.add(wire);
    const given = Object.hasOwn(raw, wire) ? raw[wire] : undefined;
    lines.push(...explainField(field, given, dialect, `${path}.${wire}`));
  }
  for (const [wire, value] of Object.entries(raw)) {
    if (!names.has(wire)) {
      lines.push({ path: `${path}.${wire}`, title: '', raw: shown(value), says: 'not declared: ignored' });
    }
  }
  return lines;
}

type AnyField = Field<unknown, unknown>;
function explainField(field: AnyField, raw: unknown, dialect: WireDialect, path: string): FieldLine[] {
  const line = { path, title: field.title, raw: shown(raw), says: '' };
  if (isEmpty(raw)) {
    const says = raw === undefined ? 'absent' : 'empty';
    return [field.required ? { ...line, says, fault: 'required' } : { ...line, says }];
  }
  const at = new Reading(dialect, path);
  at.field = field;
  const value = field.read(raw, at);
  const nested = nestedOf(field.shape, raw, dialect, path);
  // Faults inside a row are shown at their own field.
  const own = at.issues.filter((issue) => issue.path === `${path}.${field.wire}`);
  const fault = own.map((issue) => issue.detail).join('; ');
  const head = { ...line, says: value === undefined ? '' : inWords(field.shape, value) };
  return [fault === '' ? head : { ...head, fault }, ...nested];
}

function nestedOf(shape: Shape, raw: unknown, dialect: WireDialect, path: string): FieldLine[] {
  switch (shape.kind) {
    case 'rows': {
      const items = Array.isArray(raw) ? raw : cut(String(raw), shape.separators?.row);
      const lines = items.slice(0, ROWS_SHOWN_MAX).flatMap((item: unknown, i) => {
        const at = `${path}[${i}]`;
        return typeof item === 'string' && shape.separators
          ? explainCells(shape.columns, item, shape.separators.column, dialect, at)
          : explainFields(shape.columns, item, dialect, at);
      });
      return items.length > ROWS_SHOWN_MAX ? [...lines, more(path, items.length - ROWS_SHOWN_MAX)] : lines;
    }
    case 'line':
      return typeof raw === 'string' ? explainCells(shape.columns, raw, '|', dialect, path) : [];
    case 'groups':
      return cut(String(raw), shape.separators.row).map((group, i) => {
        const [tag = ''] = group.split(shape.separators.column);
        const title = Object.values(shape.groups).find((known) => known.tag === tag)?.title ?? '';
        return { path: `${path}[${i}]`, title, raw: shown(group), says: '' };
      });
    default:
      return [];
  }
}
const more = (path: string, count: number): FieldLine => ({
  path: `${path}[…]`,
  title: '',
  raw: '',
  says: `${count} more`,
});
function cut(text: string, separator: string | undefined): string[] {
  const items = separator === undefined ? [text] : text.split(separator);
  if (items.at(-1) === '') items.pop();
  return items;
}

/** Columns of delimited text: a row of `rcvDet`, or a whole file line. */
export function explainCells(
  fields: Fields,
  text: string,
  separator: string,
  dialect: WireDialect,
  path: string,
): FieldLine[] {
  const cells = text.split(separator);
  if (cells.length > 1 && cells.at(-1) === '') cells.pop();
  const lines = Object.values(fields).flatMap((field, i) =>
    explainField(field, cells[i], dialect, `${path}.${field.wire}`),
  );
  for (const [i, cell] of cells.slice(Object.keys(fields).length).entries()) {
    const number = Object.keys(fields).length + i + 1;
    lines.push({
      path: `${path}[${number}]`,
      title: '',
      raw: shown(cell),
      says: '',
      fault: 'one column too many',
    });
  }
  return lines;
}

/** The value in words; empty where the wire text says it already. */
function inWords(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'fen':
      return typeof value === 'bigint' ? `${yuan(value)} 元` : '';
    case 'month': {
      const text = String(value);
      return `${text.slice(0, 4)}-${text.slice(4)}`;
    }
    case 'day': {
      const text = String(value);
      return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
    }
    case 'time':
    case 'stamp': {
      const text = String(value);
      const time = text.slice(-6);
      const day = text.length === 14 ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)} ` : '';
      return `${day}${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
    }
    case 'code': {
      const text = String(value);
      return isResultCode(text) && shape.meanings[text] === undefined
        ? meaningOf(text)
        : (shape.meanings[text] ?? '');
    }
    case 'rows':
      return Array.isArray(value) ? `${value.length} rows` : '';
    case 'text':
    case 'serial':
    case 'count':
    case 'line':
    case 'groups':
      return '';
    default:
      return shape satisfies never;
  }
}
/** Fen as yuan with two decimals. */
export function yuan(fen: bigint): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0');
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const isEmpty = (raw: unknown): boolean => raw === undefined || raw === '' || raw === null;

function shown(raw: unknown): string {
  if (raw === undefined) return '';
  const text = JSON.stringify(raw) ?? '';
  return text.length > RAW_CHARS_MAX ? `${text.slice(0, RAW_CHARS_MAX)}…` : text;
}
