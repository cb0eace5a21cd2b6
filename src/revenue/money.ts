/** Arithmetic on amounts: integer fen, nothing else (spec money.md). */
import { type Fen, fenOf } from '../protocol/values.js';

export const addFen = (a: Fen, b: Fen): Fen => fenOf(a + b);
export const subFen = (a: Fen, b: Fen): Fen => fenOf(a - b);
export const negFen = (a: Fen): Fen => fenOf(-a);
export const maxFen = (a: Fen, b: Fen): Fen => (a > b ? a : b);
export const minFen = (a: Fen, b: Fen): Fen => (a < b ? a : b);
export const compareFen = (a: Fen, b: Fen): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0);

/** The sum of the amounts; zero for none. */
export function sumFen(amounts: Iterable<Fen>): Fen {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return fenOf(sum);
}

/** The amount for people, in yuan with two decimals: `-1234.05`. */
export function yuanText(amount: Fen): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(3, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The amount for people with thousands set apart: `¥1,234.05`. */
export function yuanWithSign(amount: Fen): string {
  const text = yuanText(amount < 0n ? negFen(amount) : amount);
  const grouped = text.replace(/\B(?=(?:\d{3})+\.)/g, ',');
  return `${amount < 0n ? '-' : ''}¥${grouped}`;
}
