import { type Charset, Utf8Check } from '../charset.js';
import { type Decoded, type Fields, Reading } from '../field.js';
import {
  type Claims,
  dialectOfFile,
  disagreements,
  type ExchangeFile,
  emptyTally,
  type FileSettings,
} from './exchange-file.js';
import type { FileFault, FileFaultName } from './file-fault.js';
import { TextLines } from './text-lines.js';

/** Where the bytes come from; opened a second time where the charset must be found out first. */
export type FileSource = () => AsyncIterable<Buffer> | Iterable<Buffer>;

/** A detail line that could be read. */
export interface FileLine<T> {
  /** From 2: the summary is line 1. */
  readonly line: number;
  readonly value: T;
  /** As it stands in the file, without the line end. */
  readonly text: string;
}
interface FileFacts {
  readonly charset: Charset;
  /** Detail lines, good and bad. */
  readonly lines: number;
  readonly bytes: number;
}
export type FileVerdict<S> =
  | (FileFacts & { readonly ok: true; readonly summary: S })
  /** To be refused as a whole (4000), unless the unit takes the good lines of a bad file. */
  | (FileFacts & { readonly ok: false; readonly faults: readonly FileFault[]; readonly faultCount: number });

/** Faults beyond this are counted, not kept. */
const FAULTS_KEPT_MAX = 100;

/**
 * Reads a file of any size in constant memory. Lines come in batches, in order, before the verdict: what is done with them must be
 * held back or undone until the verdict is ok. Gives way to the event loop between batches, and waits for `onLines`.
 * Never throws because of what stands in the file; what `source` or `onLines` throw passes through.
 */
export async function readExchangeFile<S extends Fields, D extends Fields>(
  file: ExchangeFile<S, D>,
  source: FileSource,
  settings: FileSettings,
  onLines: (lines: readonly FileLine<Decoded<D>>[]) => void | Promise<void>,
): Promise<FileVerdict<Decoded<S>>> {
  const charset = settings.readCharset === 'auto' ? await charsetOf(source()) : settings.readCharset;
  const lines = new TextLines(charset);
  const check = new FileCheck(file, settings);
  for await (const chunk of source()) {
    for (const batch of lines.push(chunk)) await handOn(check.read(batch), onLines);
    if (lines.broken !== undefined) break;
  }
  await handOn(check.read(lines.end()), onLines);
  if (lines.broken !== undefined) check.report(lines.broken.fault, lines.broken.detail, lines.broken.line);
  return check.verdict({ charset, bytes: lines.bytes });
}
async function handOn<T>(lines: readonly T[], onLines: (lines: readonly T[]) => void | Promise<void>) {
  if (lines.length > 0) await onLines(lines);
  // A file in memory would otherwise keep payments waiting until its end.
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** UTF-8 when every byte of the file is, else GB18030 (spec files.md "Lines"). */
export async function charsetOf(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<'utf8' | 'gb18030'> {
  const check = new Utf8Check();
  for await (const chunk of chunks) if (!check.push(chunk)) return 'gb18030';
  return check.end() ? 'utf8' : 'gb18030';
}

/** Reads lines as what the file's declaration says, and keeps the tally. */
class FileCheck<S extends Fields, D extends Fields> {
  readonly #file: ExchangeFile<S, D>;
  readonly #settings: FileSettings;
  readonly #tally = emptyTally();
  readonly #faults: FileFault[] = [];
  #faultCount = 0;
  #summaries: Decoded<S>[] = [];
  #line = 0;
  #details = 0;
  #blankAt = 0;
  #at: Reading;

  constructor(file: ExchangeFile<S, D>, settings: FileSettings) {
    this.#file = file;
    this.#settings = settings;
    this.#at = this.#reading(file.detail.columns);
  }

  read(texts: readonly string[]): FileLine<Decoded<D>>[] {
    const good: FileLine<Decoded<D>>[] = [];
    for (const text of texts) {
      this.#line += 1;
      if (text === '') {
        this.#blankAt ||= this.#line;
      } else {
        this.#blankBefore();
        if (this.#line === 1) this.#readSummary(text);
        else this.#readDetail(text, good);
      }
    }
    return good;
  }

  report(fault: FileFaultName, detail: string, line: number, column = 0, title = ''): void {
    this.#faultCount += 1;
    if (this.#faults.length < FAULTS_KEPT_MAX) this.#faults.push({ line, column, title, fault, detail });
  }

  verdict(facts: { readonly charset: Charset; readonly bytes: number }): FileVerdict<Decoded<S>> {
    const summary = this.#agreeing();
    const all = { ...facts, lines: this.#details };
    if (summary !== undefined && this.#faultCount === 0) return { ...all, ok: true, summary };
    return { ...all, ok: false, faults: this.#faults, faultCount: this.#faultCount };
  }

  /** Only blank lines at the end are nothing. */
  #blankBefore(): void {
    if (this.#blankAt === 0) return;
    this.report('blank', 'a blank line before the end', this.#blankAt);
    this.#blankAt = 0;
  }
  #readSummary(text: string): void {
    const { summaries } = this.#file;
    const readings = Object.values(summaries).map((line) => {
      const at = this.#reading(line.columns);
      return { at, summary: line.read(text, at) };
    });
    this.#summaries = readings.filter(({ at }) => at.issues.length === 0).map(({ summary }) => summary);
    const [first] = readings;
    if (this.#summaries.length === 0 && first !== undefined) this.#reportIssues(first.at);
    this.#checkClosed(text);
  }
  #readDetail(text: string, good: FileLine<Decoded<D>>[]): void {
    this.#details += 1;
    const value = this.#file.detail.read(text, this.#at);
    const closed = this.#checkClosed(text);
    if (this.#at.issues.length > 0) {
      this.#reportIssues(this.#at);
      this.#at = this.#reading(this.#file.detail.columns);
    } else if (closed) {
      this.#file.add(this.#tally, value, this.#settings);
      good.push({ line: this.#line, value, text });
    }
  }
  /** A line that is not closed may be cut, and then its last column is not what it seems. */
  #checkClosed(text: string): boolean {
    const closed = text.charCodeAt(text.length - 1) === 0x7c;
    if (!closed) this.report('unclosed', 'the line does not end with |', this.#line);
    return closed;
  }
  #reportIssues(at: Reading): void {
    for (const { fault, detail, column, title } of at.issues) {
      this.report(fault, detail, this.#line, column, title);
    }
  }
  #agreeing(): Decoded<S> | undefined {
    if (this.#faultCount > 0) return undefined;
    if (this.#summaries.length === 0) this.report('no-summary', 'the file is empty', 1);
    const found = this.#summaries.find(
      (summary) => disagreements(claimsOf(summary), this.#tally).length === 0,
    );
    const [usual] = this.#summaries;
    if (found === undefined && usual !== undefined) {
      this.report('summary', disagreements(claimsOf(usual), this.#tally).join('; '), 1);
    }
    return found;
  }
  #reading(columns: Fields): Reading {
    return new Reading(dialectOfFile(this.#settings), this.#file.type, columns);
  }
}
/** Summaries name what they claim as the tally does (a test proves it). */
const claimsOf = (summary: object): Claims => summary;
