/** Platform lines on their way into the database: columns, not rows, because a million row objects cost more than the lines themselves. */
import type { PlatformSide } from './difference.js';

/** Lines of a DSDZ file; the same index in each column is the same line. */
export interface LineBatch {
  readonly serials: readonly string[];
  readonly customers: readonly string[];
  /** Whole fen. */
  readonly amounts: readonly bigint[];
  /** Column 6 as it stands in the file: which bills were paid. */
  readonly details: readonly string[];
  /** Line number in the file; the summary is line 1. */
  readonly lineNumbers: readonly number[];
}

/** A file that was read to its end and holds what its summary says. */
export interface LineTotals {
  readonly lines: number;
  readonly amount: bigint;
}
/** What a difference tells of its line, and comparing does not need. */
export type LineRest = Pick<PlatformSide, 'line' | 'detail'>;
/** In the order of the serials, which all stand in the file. */
export type LineFinder = (serials: readonly string[]) => Promise<readonly LineRest[]>;
export type LinesVerdict =
  | ({
      readonly ok: true;
      /** Given when only the keys of lines were handed on. */
      readonly find?: LineFinder;
    } & LineTotals)
  /** To be refused as a whole; the text is for people and for `rtnMsg`. */
  | { readonly ok: false; readonly detail: string };

/** Collects lines until a batch is full. */
export class BatchBuilder {
  #serials: string[] = [];
  #customers: string[] = [];
  #amounts: bigint[] = [];
  #details: string[] = [];
  #lineNumbers: number[] = [];

  get size(): number {
    return this.#serials.length;
  }
  add(serial: string, customer: string, amount: bigint, detail: string, lineNumber: number): void {
    this.#serials.push(serial);
    this.#customers.push(customer);
    this.#amounts.push(amount);
    this.#details.push(detail);
    this.#lineNumbers.push(lineNumber);
  }
  take(): LineBatch {
    const batch = {
      serials: this.#serials,
      customers: this.#customers,
      amounts: this.#amounts,
      details: this.#details,
      lineNumbers: this.#lineNumbers,
    };
    this.#serials = [];
    this.#customers = [];
    this.#amounts = [];
    this.#details = [];
    this.#lineNumbers = [];
    return batch;
  }
}
