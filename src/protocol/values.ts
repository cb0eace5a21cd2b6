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

/** The text as a day, or `undefined` where it is not `yyyyMMdd` or no such day exists (19000101 … 20991231). */
export function parseDay(text: string): Day | undefined {
  if (!/^(?:19|20)\d{6}$/.test(text)) return undefined;
  const iso = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  const date = new Date(`${iso}T00:00:00Z`); // UTC on both sides, so that the host's zone cannot matter.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? (text as Day) : undefined;
}

/** The text as a month, or `undefined` where it is not `yyyyMM`. */
export function parseMonth(text: string): Month | undefined {
  return /^(?:19|20)\d\d(?:0[1-9]|1[0-2])$/.test(text) ? (text as Month) : undefined;
}

/** The text as a serial, or `undefined`: 10–32 visible ASCII characters without the separators of our files (spec "200002"). */
export function parseSerial(text: string): Serial | undefined {
  return /^[!-~]{10,32}$/.test(text) && !/[|$#]/.test(text) ? (text as Serial) : undefined;
}
