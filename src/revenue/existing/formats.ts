/** Between their way of writing values and ours. Amounts by decimal arithmetic only. */
import { Decimal } from 'decimal.js';
import { DatabaseError, type Row } from '../../database/database.js';
import { decimalCell, textCell } from '../../database/index.js';
import { type Day, type Fen, fenOf, type Month, parseDay, parseMonth } from '../../protocol/values.js';
import type { ExistingSettings } from './settings.js';

const wrong = (column: string, expected: string) =>
  // The value stays out of the text: it may be personal.
  new DatabaseError('fault', `existing revenue schema: column ${column} is not ${expected}`);

const HUNDRED = new Decimal(100);
const DIGITS = new Decimal('1e30');

export class Formats {
  constructor(readonly settings: ExistingSettings['formats']) {}

  /** Fen as they write amounts, e.g. `12.340`. */
  amount(fen: Fen): string {
    const { amount, decimals } = this.settings;
    return amount === 'fen'
      ? fen.toString()
      : new Decimal(fen.toString()).div(HUNDRED).toFixed(Math.max(2, decimals));
  }
  /** @throws {DatabaseError} `fault` for what is no amount, or has parts of a fen where the settings refuse them */
  readAmount(row: Row, column: string): Fen {
    const text = decimalCell(row, column);
    if (text === '') throw wrong(column, 'an amount (it is empty)');
    const exact = this.settings.amount === 'fen' ? new Decimal(text) : Decimal.mul(text, HUNDRED);
    if (exact.abs().gte(DIGITS)) throw wrong(column, 'an amount of sensible size');
    if (exact.isInteger()) return fenOf(BigInt(exact.toFixed(0)));
    if (this.settings.belowFen === 'refuse') throw wrong(column, 'a whole number of fen');
    const mode = this.settings.belowFen === 'half-up' ? Decimal.ROUND_HALF_UP : Decimal.ROUND_DOWN;
    return fenOf(BigInt(exact.toDecimalPlaces(0, mode).toFixed(0)));
  }

  month(month: Month): string {
    return month.slice(0, 4) + separatorOf(this.settings.month) + month.slice(4);
  }
  readMonth(row: Row, column: string): Month {
    const month = parseMonth(this.#plain(textCell(row, column), this.settings.month));
    if (month === undefined) throw wrong(column, `a month ${this.settings.month}`);
    return month;
  }
  day(day: Day): string {
    const s = separatorOf(this.settings.day);
    return [day.slice(0, 4), day.slice(4, 6), day.slice(6)].join(s);
  }
  readDay(row: Row, column: string): Day {
    const day = parseDay(this.#plain(textCell(row, column), this.settings.day));
    if (day === undefined) throw wrong(column, `a day ${this.settings.day} (as text: to_char)`);
    return day;
  }
  flag(value: boolean): string {
    return value ? this.settings.yes : this.settings.no;
  }
  readFlag(row: Row, column: string): boolean {
    const text = textCell(row, column);
    if (text !== this.settings.yes && text !== this.settings.no)
      throw wrong(column, `${this.settings.yes} or ${this.settings.no}`);
    return text === this.settings.yes;
  }
  /** A text that a map of the configuration knows. */
  readMapped<T>(row: Row, column: string, map: Readonly<Record<string, T>>): T {
    const text = textCell(row, column);
    const found = Object.hasOwn(map, text) ? map[text] : undefined;
    if (found === undefined) throw wrong(column, `one of ${Object.keys(map).join(', ')}`);
    return found;
  }

  /** Without its separators, where they stand as the format says; else what no parser takes. */
  #plain(text: string, format: string): string {
    const s = separatorOf(format);
    const fits = text.length === format.length && [...format].every((c, at) => c !== s || text[at] === s);
    return fits ? text.replaceAll(s, '') : '';
  }
}
const separatorOf = (format: string): string => /[.-]/.exec(format)?.[0] ?? '';
