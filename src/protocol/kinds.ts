/** The scalar kinds. Each pairs `read` and `write`; what a kind accepts stands in spec messages.md "Data" and "Services". */
import type { AbsentOf, Field, Options, Personal, Reading, Shape, WireDialect } from './field.js';
import {
  type Day,
  type Fen,
  fenOf,
  type Month,
  parseDay,
  parseMonth,
  parseSerial,
  type Serial,
  zeroFen,
} from './values.js';

/** Largest amount in fen that is read: 999,999,999,999.99 yuan. */
export const AMOUNT_MAX = 99_999_999_999_999n;
/** Largest sum of a file: what a 64-bit column of a database holds, in whole digits. */
export const SUM_MAX = 999_999_999_999_999_999n;

interface Scalar<T> {
  readonly wire: string;
  readonly title: string;
  readonly shape: Shape;
  readonly absent: unknown;
  readonly parse: (text: string, at: Reading) => T | undefined;
  /** Left out where the value is the text. */
  readonly write?: (value: T, dialect: WireDialect) => string;
}
function scalar<T, A>(kind: Scalar<T>, o: Options): Field<T, A> {
  const { wire, title, shape, write, parse } = kind;
  return {
    ...common(wire, title, o),
    shape,
    absent: kind.absent as A, // `never` for required fields, which have no absent value to look at.
    verbatim: write === undefined,
    readText: parse,
    write: write ?? String,
    read(raw, at) {
      if (typeof raw === 'string') return parse(raw, at);
      if (typeof raw === 'number')
        return isExact(raw) ? parse(String(raw), at) : at.fail('type', 'a number that lost digits');
      return at.fail('type', `expected text, got ${Array.isArray(raw) ? 'array' : typeof raw}`);
    },
  };
}
/** What every field has, from its options. */
export function common(wire: string, title: string, o: Options) {
  const personal: Personal = o.personal ?? false;
  return { wire, title, required: o.required ?? false, personal, refusedAs: o.refusedAs, note: o.note ?? '' };
}
/** A 28-digit serial sent as a JSON number has lost digits before we see it: only exact numbers are read leniently. */
const isExact = (raw: number): boolean =>
  Number.isSafeInteger(raw) || (Number.isFinite(raw) && Math.abs(raw) < 1e12 && !Number.isInteger(raw));

/** No database column and no log line wants them; NUL is refused by PostgreSQL, half a surrogate pair by every charset. */
function isClean(s: string): boolean {
  for (let i = 0; i < s.length; i += 1) {
    const unit = s.charCodeAt(i);
    if (unit < 0x20 ? unit !== 0x09 && unit !== 0x0a && unit !== 0x0d : unit === 0x7f) return false;
    if (unit >= 0xd800 && unit < 0xe000)
      return s.isWellFormed() && isClean(s.replace(/[\ud800-\udfff]/g, ''));
  }
  return true;
}

/** Text of `min` to `max` characters (UTF-16 units), without control characters. */
export function text<const O extends Options & { readonly min?: number; readonly max: number }>(
  wire: string,
  title: string,
  o: O,
): Field<string, AbsentOf<O, ''>> {
  const charsMin = o.min ?? 0;
  const charsMax = o.max;
  return scalar(
    {
      wire,
      title,
      shape: { kind: 'text', charsMin, charsMax },
      absent: '',
      parse(s, at) {
        if (s.length < charsMin || s.length > charsMax) {
          return at.fail('length', `${s.length} characters, allowed ${charsMin}..${charsMax}`);
        }
        return isClean(s) ? s : at.fail('format', 'control characters or half a character');
      },
    },
    o,
  );
}

/** The platform's serial: see {@link parseSerial}. */
export function serial<const O extends Options>(
  wire: string,
  title: string,
  o: O,
): Field<Serial, AbsentOf<O, undefined>> {
  const parse = (s: string, at: Reading) =>
    parseSerial(s) ?? at.fail('format', 'expected 10..32 visible ASCII characters without | $ #');
  return scalar({ wire, title, shape: { kind: 'serial' }, absent: undefined, parse }, o);
}

/** A number of things, 0 to `max`. */
export function count<const O extends Options & { readonly max: number }>(
  wire: string,
  title: string,
  o: O,
): Field<number, AbsentOf<O, 0>> {
  const parse = (s: string, at: Reading) =>
    /^\d{1,9}$/.test(s) && Number(s) <= o.max
      ? Number(s)
      : at.fail('format', `expected a count up to ${o.max}`);
  return scalar({ wire, title, shape: { kind: 'count', max: o.max }, absent: 0, parse, write: String }, o);
}

/**
 * Money. Integer fen in code; on the wire as the dialect's amount unit says (spec "Amounts").
 * `min` defaults to 0: what may be negative (balances, reversals) says so.
 */
export function fen<const O extends Options & { readonly min?: bigint; readonly max?: bigint }>(
  wire: string,
  title: string,
  o: O,
): Field<Fen, AbsentOf<O, Fen>> {
  const min = o.min ?? 0n;
  const max = o.max ?? AMOUNT_MAX;
  return scalar(
    {
      wire,
      title,
      shape: { kind: 'fen', min, max },
      absent: zeroFen,
      parse(s, at) {
        const value = readAmount(s, at.dialect.amountUnit);
        if (value === undefined) return at.fail('format', `expected an amount in ${at.dialect.amountUnit}`);
        if (value < min || value > max)
          return at.fail('format', `the amount is not within ${min}..${max} fen`);
        return fenOf(value);
      },
      write: writeAmount,
    },
    o,
  );
}
const amountForms = {
  fen: /^-?\d{1,18}$/,
  yuan: /^(-?\d{1,16})(?:\.(\d{1,2}))?$/,
  fenDecimals: /^(-?\d{1,18})(?:\.0{1,2})?$/,
} as const satisfies Record<WireDialect['amountUnit'], RegExp>;

function readAmount(s: string, unit: WireDialect['amountUnit']): bigint | undefined {
  if (unit === 'fen') return amountForms.fen.test(s) ? BigInt(s) : undefined;
  const found = amountForms[unit].exec(s);
  const whole = found?.[1];
  if (whole === undefined) return undefined;
  return unit === 'yuan' ? BigInt(whole + (found?.[2] ?? '').padEnd(2, '0')) : BigInt(whole);
}
function writeAmount(value: Fen, { amountUnit }: WireDialect): string {
  if (amountUnit === 'fen') return value.toString();
  if (amountUnit === 'fenDecimals') return `${value}.00`;
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** `yyyyMM`; a day (`yyyyMMdd`), which some peers send, is read as its month. */
export function month<const O extends Options>(
  wire: string,
  title: string,
  o: O,
): Field<Month, AbsentOf<O, undefined>> {
  const parse = (s: string, at: Reading) =>
    parseMonth(s.length === 8 && parseDay(s) !== undefined ? s.slice(0, 6) : s) ??
    at.fail('format', 'expected yyyyMM');
  return scalar({ wire, title, shape: { kind: 'month' }, absent: undefined, parse }, o);
}

/** `yyyyMMdd`; a time behind it (`yyyyMMdd HH:mm:ss`) is read and dropped, because some peers send it. */
export function day<const O extends Options>(
  wire: string,
  title: string,
  o: O,
): Field<Day, AbsentOf<O, undefined>> {
  const parse = (s: string, at: Reading) =>
    parseDay(s.length > 8 && /^ \d\d:\d\d(?::\d\d)?$/.test(s.slice(8)) ? s.slice(0, 8) : s) ??
    at.fail('format', 'expected a day that exists, yyyyMMdd');
  return scalar({ wire, title, shape: { kind: 'day' }, absent: undefined, parse }, o);
}

const TIME = /^(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$/;
/** Time of day: `HHmmss` in code; `HHmm`, `HH:mm` and `HH:mm:ss` are read too. */
export function time<const O extends Options>(
  wire: string,
  title: string,
  o: O,
): Field<string, AbsentOf<O, undefined>> {
  const parse = (s: string, at: Reading) => {
    const digits = /^\d\d:\d\d(?::\d\d)?$/.test(s) ? s.replaceAll(':', '') : s;
    const whole = digits.length === 4 ? `${digits}00` : digits;
    return TIME.test(whole) ? whole : at.fail('format', 'expected HHmmss');
  };
  return scalar({ wire, title, shape: { kind: 'time' }, absent: undefined, parse }, o);
}

/** A moment in China time, `yyyyMMddHHmmss`. */
export function stamp<const O extends Options>(
  wire: string,
  title: string,
  o: O,
): Field<string, AbsentOf<O, undefined>> {
  const parse = (s: string, at: Reading) =>
    parseDay(s.slice(0, 8)) !== undefined && TIME.test(s.slice(8))
      ? s
      : at.fail('format', 'expected yyyyMMddHHmmss');
  return scalar({ wire, title, shape: { kind: 'stamp' }, absent: undefined, parse }, o);
}

/** A closed set; the keys become a union type, the meanings go into the docs. */
export function code<const C extends Readonly<Record<string, string>>, const O extends Options>(
  wire: string,
  title: string,
  meanings: C,
  o: O,
): Field<keyof C & string, AbsentOf<O, undefined>> {
  const isKnown = (s: string): s is keyof C & string => Object.hasOwn(meanings, s);
  const parse = (s: string, at: Reading) =>
    isKnown(s) ? s : at.fail('unknown-code', `not one of ${Object.keys(meanings).join(' ')}`);
  return scalar({ wire, title, shape: { kind: 'code', meanings }, absent: undefined, parse }, o);
}
