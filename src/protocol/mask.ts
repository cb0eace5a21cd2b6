/** Personal values never leave the gateway's memory unmasked: what is personal stands in the declarations (`personal`). */
import { createHmac } from 'node:crypto';
import { isObject } from './codec.js';
import type { Field, Fields } from './field.js';
import { renamings } from './wire-dialect.js';

/** Makes a masked text of a personal one. */
export type Masker = (text: string) => string;

/**
 * For people: the length stays, the ends stay as far as they do not tell who it is. `王小明` → `王**`, `13812345678` → `13*******78`.
 */
export const starred: Masker = (text) => {
  const characters = [...text];
  const { length } = characters;
  if (length < 2) return '*'.repeat(length);
  const head = length < 4 ? 1 : Math.min(3, Math.floor(length / 4));
  const tail = length < 4 ? 0 : Math.min(4, Math.floor(length / 4));
  return characters.fill('*', head, length - tail).join('');
};

const HAN =
  '安白常成春大德东方芳国海和红华建江金军兰丽林龙美明南宁平青清秋泉山世思天文武喜祥小晓新兴秀雪阳永玉云志忠';
/**
 * For captures that are replayed: the same text becomes the same other text, digit for digit, letter for letter, Chinese character
 * for Chinese character (two bytes in GBK, three in UTF-8, as the original), so that lengths and byte widths stay valid.
 * @param key secret of the capture: without it nobody can try names out
 */
export function pseudonymous(key: string): Masker {
  return (text) => {
    const digest = createHmac('sha256', key).update(text).digest();
    let at = 0;
    return [...text].map((character) => substitute(character, digest[at++ % digest.length] ?? 0)).join('');
  };
}
function substitute(character: string, by: number): string {
  if (/[0-9]/.test(character)) return String(by % 10);
  if (/[a-z]/.test(character)) return String.fromCharCode(0x61 + (by % 26));
  if (/[A-Z]/.test(character)) return String.fromCharCode(0x41 + (by % 26));
  // Rarer characters are wider in some charset; they stay of their own kind by staying in their own block.
  if (/[\u4e00-\u9fa5]/.test(character)) return HAN[by % HAN.length] ?? '某';
  return /\p{L}/u.test(character) ? '某' : character;
}

const DEPTH_MAX = 6;
/**
 * A copy of a raw JSON body in which personal members are masked; also of one that could not be read as the declaration wants.
 * Unknown members are masked whole: nobody knows what is in them.
 * @param fields the declaration's side that the body belongs to; `undefined` when the service is not known
 */
export function maskBody(raw: unknown, fields: Fields | undefined, mask: Masker = starred): unknown {
  return isObject(raw) ? maskMembers(raw, byWire(fields), mask, DEPTH_MAX) : maskAll(raw, mask, DEPTH_MAX);
}
/** Under each name that some peer has for it. */
const namesOf = ({ wire }: Field<unknown, unknown>): string[] => [
  wire,
  ...renamings.flatMap((names) => (Object.hasOwn(names, wire) ? [names[wire] ?? wire] : [])),
];
type ByWire = ReadonlyMap<string, Field<unknown, unknown>>;
const tables = new WeakMap<Fields, ByWire>();
function byWire(fields: Fields | undefined): ByWire {
  if (fields === undefined) return new Map();
  let table = tables.get(fields);
  if (table === undefined) {
    table = new Map(Object.values(fields).flatMap((field) => namesOf(field).map((wire) => [wire, field])));
    tables.set(fields, table);
  }
  return table;
}
function maskMembers(
  raw: Readonly<Record<string, unknown>>,
  table: ByWire,
  mask: Masker,
  depth: number,
): unknown {
  // Most members stay as they are; a copy of the whole is cheaper than building it anew.
  const out: Record<string, unknown> = { ...raw };
  for (const wire of Object.keys(out)) {
    const value = raw[wire];
    const masked = maskMember(value, table.get(wire), raw, mask, depth);
    if (masked === value) continue;
    // Defined and not assigned: `__proto__` is a name like any other.
    if (wire === '__proto__') Object.defineProperty(out, wire, { value: masked, enumerable: true });
    else out[wire] = masked;
  }
  return out;
}
function maskMember(
  value: unknown,
  field: Field<unknown, unknown> | undefined,
  siblings: Readonly<Record<string, unknown>>,
  mask: Masker,
  depth: number,
): unknown {
  if (field === undefined) return maskAll(value, mask, depth);
  const { shape } = field;
  if (shape.kind === 'rows') {
    if (Array.isArray(value) && depth > 0) {
      const table = byWire(shape.columns);
      return value.map((row) =>
        isObject(row) ? maskMembers(row, table, mask, depth - 1) : maskAll(row, mask, depth - 1),
      );
    }
    return typeof value === 'string' && shape.separators ? value : maskAll(value, mask, depth);
  }
  if (shape.kind === 'line')
    return typeof value === 'string' ? maskLine(value, shape.columns, mask) : maskAll(value, mask, depth);
  // What is none of the codes may be anything, also a phone number in the wrong place.
  const strange = shape.kind === 'code' && !Object.hasOwn(shape.meanings, String(value));
  return strange || isPersonal(field, siblings) || typeof value === 'object'
    ? maskAll(value, mask, depth)
    : value;
}
function isPersonal(
  { personal }: Field<unknown, unknown>,
  siblings: Readonly<Record<string, unknown>>,
): boolean {
  if (typeof personal === 'boolean') return personal;
  const { wire, is } = personal.unless;
  return !is.includes(String(siblings[wire] ?? ''));
}
function maskAll(value: unknown, mask: Masker, depth: number): unknown {
  if (typeof value === 'string' || typeof value === 'number') return mask(String(value));
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((item) => maskAll(item, mask, depth - 1));
  return isObject(value) ? maskMembers(value, new Map(), mask, depth - 1) : value;
}

/** A line of an exchange file with its personal columns masked. */
export function maskLine(line: string, columns: Fields, mask: Masker = starred): string {
  const fields = Object.values(columns);
  return line
    .split('|')
    .map((cell, i) => (fields[i]?.personal === true ? mask(cell) : cell))
    .join('|');
}
