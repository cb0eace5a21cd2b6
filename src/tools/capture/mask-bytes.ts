/*
  Personal values in bytes that are no frame, or whose data is no JSON: every byte that is not personal stays where it is, because the
  defect is the point of such a capture; personal texts are replaced by others of the same bytes.
*/
import {
  encodeText,
  type Field,
  type Fields,
  HEADER_BYTES,
  headFields,
  type Masker,
  messageOf,
  messages,
  pseudonymous,
  START_MARK,
} from '../../protocol/index.js';
import { textOf } from '../text-of.js';

type AnyField = Field<unknown, unknown>;
/** Bytes before the data: a header, or what stands where it should. */
const PREFIX_BYTES_MAX = 16;
/** A character that breaks off at the end lacks at most so many bytes. */
const CUT_BYTES_MAX = 3;

/** @param key secret of the capture; `undefined` leaves everything as it is */
export function maskBytes(bytes: Buffer, key: string | undefined): Buffer {
  if (key === undefined || bytes.length === 0) return bytes;
  const from = dataStart(bytes);
  const serviceCode = bytes.toString('latin1', 5, HEADER_BYTES);
  const fields = fieldsOf(bytes[0] === START_MARK ? serviceCode : '');
  return Buffer.concat([
    bytes.subarray(0, from),
    maskedData(bytes.subarray(from), fields, pseudonymous(key)),
  ]);
}
function dataStart(bytes: Buffer): number {
  if (bytes[0] === START_MARK) return Math.min(HEADER_BYTES, bytes.length);
  const brace = bytes.indexOf('{');
  return brace > 0 && brace <= PREFIX_BYTES_MAX ? brace : 0;
}

function maskedData(data: Buffer, fields: ReadonlyMap<string, AnyField>, mask: Masker): Buffer {
  for (let cut = 0; cut <= Math.min(CUT_BYTES_MAX, data.length); cut++) {
    const found = textOf(data.subarray(0, data.length - cut));
    if (found === undefined) continue;
    const masked = encodeText(maskText(found.text, fields, mask), found.charset);
    if (masked.length === data.length - cut) return Buffer.concat([masked, data.subarray(data.length - cut)]);
  }
  // Neither UTF-8 nor GBK: byte for byte, and whatever is not ASCII is made one and the same.
  const plain = data.toString('latin1').replace(/[\u0080-\u00ff]/g, '?');
  return Buffer.from(maskText(plain, fields, mask), 'latin1');
}

/** A name, and the text, number or word behind it, or nothing where an object or array begins; also where the text breaks off. */
const MEMBER = /"(\w{1,40})"(\s*:\s*)("(?:[^"\\]|\\.)*(?:"|$)|[^\s,{}[\]"]+)?/g;

function maskText(text: string, fields: ReadonlyMap<string, AnyField>, mask: Masker): string {
  let out = '';
  let at = 0;
  for (const match of text.matchAll(MEMBER)) {
    const [whole, name = '', colon = '', value] = match;
    // What stands between members belongs to nobody: a lone text, or what should have been a member.
    out += maskLoose(text.slice(at, match.index), mask);
    const kept = value === undefined || !isPersonal(fields.get(name), text);
    out += kept ? whole : `"${name}"${colon}${maskLoose(value, mask)}`;
    at = match.index + whole.length;
  }
  return out + maskLoose(text.slice(at), mask);
}
/** Quotes and escapes stay; a Chinese character that is written as an escape becomes another one. */
const maskLoose = (text: string, mask: Masker): string =>
  text
    .split(/(\\u[0-9a-fA-F]{4}|\\.|")/)
    .map((part) => {
      if (part.startsWith('\\u')) return '\\u5b89';
      return part === '"' || part.startsWith('\\') ? part : mask(part);
    })
    .join('');

function isPersonal(field: AnyField | undefined, text: string): boolean {
  if (field === undefined || field.shape.kind === 'line') return true;
  if (typeof field.personal === 'boolean') return field.personal;
  const { wire, is } = field.personal.unless;
  const said = new RegExp(`"${wire}"\\s*:\\s*"?(\\w*)`).exec(text)?.[1] ?? '';
  return !is.includes(said);
}

/** All members of a service's two sides by their wire names; of all services where the service is not known. */
function fieldsOf(serviceCode: string): ReadonlyMap<string, AnyField> {
  const message = messageOf(serviceCode);
  const table = new Map<string, AnyField>();
  const add = (fields: Fields) => {
    for (const field of Object.values(fields) as AnyField[]) {
      // Where a name means several things, the personal one counts.
      if (table.get(field.wire)?.personal !== true) table.set(field.wire, field);
      if (field.shape.kind === 'rows') add(field.shape.columns);
    }
  };
  add(headFields);
  for (const one of message === undefined ? messages : [message]) {
    add(one.request);
    add(one.answer);
  }
  return table;
}
