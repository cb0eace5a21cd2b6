/** The value types that the wire, the rules and the database share. A value of one of them has been checked. */

declare const brand: unique symbol;

/** Integer fen (1/100 yuan). Made by decoding or by {@link fenOf}, never by a cast elsewhere. */
export type Fen = bigint & { readonly [brand]: 'fen' };
/** Marks an amount in fen. */
export const fenOf = (value: bigint): Fen => value as Fen;
export const zeroFen = fenOf(0n);

/** A day in China, `yyyyMMdd`, that exists in the calendar. */
export type Day = string & { readonly [brand]: 'day' };
/** A billing month, `yyyyMM`: a name, not a moment. */
export type Month = string & { readonly [brand]: 'month' };
/** The platform's serial (`bankSerial`): with the clearing unit the key of idempotency and of reconciliation. */
export type Serial = string & { readonly [brand]: 'serial' };

/** The number that the digits from `from` on say, or -1 where one of them is none. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i += 1) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The text as a day, or `undefined` where it is not `yyyyMMdd` or no such day exists (19000101 … 20991231). */
export function parseDay(text: string): Day | undefined {
  if (text.length !== 8) return undefined;
  const year = digits(text, 0, 4);
  const day = digits(text, 6, 2);
  const exists = year >= 1900 && year < 2100 && day >= 1 && day <= daysIn(year, digits(text, 4, 2));
  return exists ? (text as Day) : undefined;
}
/** Days of a month of the Gregorian calendar; 0 where there is no such month. */
function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  if (month < 1 || month > 12) return 0;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The text as a month, or `undefined` where it is not `yyyyMM`. */
export function parseMonth(text: string): Month | undefined {
  if (text.length !== 6) return undefined;
  const year = digits(text, 0, 4);
  return year >= 1900 && year < 2100 && daysIn(year, digits(text, 4, 2)) > 0 ? (text as Month) : undefined;
}

/** The text as a serial, or `undefined`: 10–32 visible ASCII characters without the separators of our files (spec "200002"). */
export function parseSerial(text: string): Serial | undefined {
  return /^[!"%-{}~]{10,32}$/.test(text) ? (text as Serial) : undefined;
}
