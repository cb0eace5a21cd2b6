/** Reads one column of a row. Drivers give a whole number as number, bigint or text; nothing inexact is ever passed on. */
import { type Day, type Fen, fenOf, type Month, parseDay, parseMonth } from '../protocol/values.js';
import { DatabaseError, type Row } from './database.js';

function wrong(column: string, expected: string): DatabaseError {
  // The value stays out of the text: it may be personal.
  return new DatabaseError('fault', `column ${column} is not ${expected}`);
}
function cell(row: Row, column: string): unknown {
  const value = row[column];
  if (value === undefined) throw wrong(column, 'in the row (names are lower case)');
  return value;
}

/** A whole number of any size. @throws {DatabaseError} `fault` when it is null or not whole */
export function bigintCell(row: Row, column: string): bigint {
  const value = cell(row, column);
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  // A sum over a decimal column arrives as `12` or `12.00`.
  if (typeof value === 'string' && /^-?\d+(?:\.0+)?$/.test(value)) return BigInt(value.split('.')[0] ?? '');
  throw wrong(column, 'a whole number');
}
/** An amount in fen. */
export const fenCell = (row: Row, column: string): Fen => fenOf(bigintCell(row, column));
/** A whole number that fits a JavaScript number: counts, moments. */
export function numberCell(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  const number = Number(bigintCell(row, column));
  if (!Number.isSafeInteger(number)) throw wrong(column, 'within the exact numbers');
  return number;
}
/** Text; null is `''`, because Oracle stores empty text as null. */
export function textCell(row: Row, column: string): string {
  const value = cell(row, column);
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  throw wrong(column, 'text');
}
/** A decimal number as text without exponent, e.g. `0.003`; null is `''`. */
export function decimalCell(row: Row, column: string): string {
  const text = textCell(row, column);
  // Oracle writes `.5`.
  const full = text.replace(/^(-?)\./, '$10.');
  if (full !== '' && !/^-?\d+(?:\.\d+)?$/.test(full)) throw wrong(column, 'a decimal number');
  return full;
}
/** A day that exists. */
export function dayCell(row: Row, column: string): Day {
  const day = parseDay(textCell(row, column));
  if (day === undefined) throw wrong(column, 'a day');
  return day;
}
/** A month. */
export function monthCell(row: Row, column: string): Month {
  const month = parseMonth(textCell(row, column));
  if (month === undefined) throw wrong(column, 'a month');
  return month;
}
/** `Y` is true, `N` is false. */
export function flagCell(row: Row, column: string): boolean {
  const text = textCell(row, column);
  if (text !== 'Y' && text !== 'N') throw wrong(column, 'Y or N');
  return text === 'Y';
}
/** Text of a closed set. */
export function oneOfCell<const T extends string>(row: Row, column: string, allowed: readonly T[]): T {
  const text = textCell(row, column);
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw wrong(column, `one of ${allowed.join(', ')}`);
  return found;
}
/** `undefined` for null, else what the reader gives: `optional(row, 'paid_on', dayCell)`. */
export function optional<T>(row: Row, column: string, read: (row: Row, column: string) => T): T | undefined {
  return cell(row, column) === null ? undefined : read(row, column);
}
