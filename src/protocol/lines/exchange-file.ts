/** What an exchange file is: a summary line, then details that must agree with it (spec files.md "Types", "Lines"). */
import type { Charset } from '../charset.js';
import { type Decoded, defaultWireDialect, type Fields, type WireDialect } from '../field.js';
import type { Line } from '../schema.js';
import { type Fen, fenOf } from '../values.js';

/** How the files of one type look at one clearing unit. */
export interface FileSettings {
  /** `auto`: strict UTF-8 first, then GB18030. */
  readonly readCharset: Charset | 'auto';
  readonly writeCharset: Charset;
  readonly amountUnit: WireDialect['amountUnit'];
  /** As written; both are read. */
  readonly lineEnd: 'crlf' | 'lf';
  /** As written; one is tolerated when read. */
  readonly byteOrderMark: boolean;
  /** Order of amount and count in the summary of DSDZ, as written; both are read. */
  readonly summaryOrder: 'amountFirst' | 'countFirst';
  /** The text `null` reads as empty. */
  readonly nullIsEmpty: boolean;
  /** Flags that say that a debit succeeded (REDK). */
  readonly successFlags: readonly string[];
}
export const defaultFileSettings: FileSettings = {
  readCharset: 'auto',
  writeCharset: 'gbk',
  amountUnit: 'fen',
  lineEnd: 'crlf',
  byteOrderMark: false,
  summaryOrder: 'amountFirst',
  nullIsEmpty: true,
  successFlags: ['1', 'Y', '00', '9999'],
};
/** What the columns of a file need to know. */
export const dialectOfFile = ({ amountUnit, nullIsEmpty }: FileSettings): WireDialect => ({
  ...defaultWireDialect,
  amountUnit,
  nullIsEmpty,
});

/** Counts and sums of the details so far. */
export interface Tally {
  lineCount: number;
  total: Fen;
  successCount: number;
  successTotal: Fen;
}
export const emptyTally = (): Tally => ({
  lineCount: 0,
  total: fenOf(0n),
  successCount: 0,
  successTotal: fenOf(0n),
});
/** What a summary claims; which of them, differs by type. */
export type Claims = Partial<Readonly<Tally>>;

export interface ExchangeFileDeclaration<S extends Fields, D extends Fields> {
  /** In messages: `fileType`. */
  readonly type: string;
  /** In file names. */
  readonly inName: string;
  readonly title: string;
  readonly purpose: string;
  readonly direction: 'platform→utility' | 'utility→platform';
  /** Service codes that announce it. */
  readonly announcedBy: readonly string[];
  readonly when: string;
  /** The orders in which the summary's columns may stand, the usual one first. */
  readonly summaries: Readonly<Record<string, Line<S>>>;
  readonly detail: Line<D>;
  /** Money of a line, where the file has any. */
  readonly amountOf?: (line: Decoded<D>) => Fen;
  /** Whether a line counts as a success, where the file knows such. */
  readonly isSuccess?: (line: Decoded<D>, settings: FileSettings) => boolean;
}
export interface ExchangeFile<S extends Fields = Fields, D extends Fields = Fields>
  extends ExchangeFileDeclaration<S, D> {
  add(tally: Tally, line: Decoded<D>, settings: FileSettings): void;
}

/** One type of exchange file. */
export function defineFile<S extends Fields, D extends Fields>(
  d: ExchangeFileDeclaration<S, D>,
): ExchangeFile<S, D> {
  const { amountOf, isSuccess } = d;
  return {
    ...d,
    add(tally, line, settings) {
      tally.lineCount += 1;
      if (amountOf === undefined) return;
      const amount = amountOf(line);
      tally.total = fenOf(tally.total + amount);
      if (isSuccess?.(line, settings) !== true) return;
      tally.successCount += 1;
      tally.successTotal = fenOf(tally.successTotal + amount);
    },
  };
}

const claimNames = {
  lineCount: '总笔数 count',
  total: '总金额 total',
  successCount: '成功笔数 success count',
  successTotal: '成功金额 success total',
} as const satisfies Record<keyof Tally, string>;
/** What of the summary the lines do not bear out; empty when all agrees. */
export function disagreements(claims: Claims, tally: Tally): string[] {
  const names = Object.keys(claimNames) as (keyof Tally)[];
  return names
    .filter((name) => claims[name] !== undefined && claims[name] !== tally[name])
    .map((name) => `${claimNames[name]} says ${claims[name]}, the lines make ${tally[name]}`);
}
