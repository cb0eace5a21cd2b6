/**
 * Tables for spreadsheets: CSV and xlsx, row by row in bounded memory. Text that a spreadsheet would run as a formula is made harmless:
 * customers' names and operators' reasons come from outside.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

export interface Column {
  readonly title: string;
  /** Characters. */
  readonly width: number;
}
/** Text, a count, an amount in fen, or nothing. */
export type SheetCell = string | number | { readonly fen: bigint } | undefined;
export interface Sheet {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: AsyncIterable<readonly SheetCell[]> | Iterable<readonly SheetCell[]>;
}

/** Who may read it: it holds customer numbers. */
const FILE_MODE = 0o640;

/** Yuan with two decimals. */
function yuanOf(fen: bigint): string {
  const digits = String(fen < 0n ? -fen : fen).padStart(3, '0');
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** What a spreadsheet would take for a formula (also after blanks), or split at a tab or line end, becomes text. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const plain = text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
  return /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(plain) ? `'${plain}` : plain;
}

/** A line of CSV (RFC 4180) with its end. */
export const csvLine = (cells: readonly SheetCell[]): string => `${cells.map(csvCell).join(',')}\r\n`;
function csvCell(cell: SheetCell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  if (typeof cell === 'object') return yuanOf(cell.fen);
  const text = harmless(cell);
  return /[",;\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** UTF-8 with a mark at its beginning, without which Excel takes it for the machine's own charset. */
export const writeCsv = (path: string, sheet: Sheet): Promise<void> => writeText(path, csvOf(sheet));
async function* csvOf({ columns, rows }: Sheet): AsyncGenerator<string> {
  yield `\ufeff${csvLine(columns.map(({ title }) => title))}`;
  for await (const row of rows) yield csvLine(row);
}

/** A text file, whole or not at all. */
export const writeText = (path: string, parts: AsyncIterable<string>): Promise<void> =>
  writeWhole(path, (part) => pipeline(parts, createWriteStream(part, { mode: FILE_MODE })));

/** Amounts are numbers in yuan; numbers of more than fifteen digits stay text, since a spreadsheet would round them. */
export async function writeXlsx(path: string, { name, columns, rows }: Sheet): Promise<void> {
  // Loaded only where it is used: it is large.
  const { default: excel } = await import('exceljs');
  await writeWhole(path, async (part) => {
    const out = createWriteStream(part, { mode: FILE_MODE });
    const book = new excel.stream.xlsx.WorkbookWriter({ stream: out, useStyles: true });
    const sheet = book.addWorksheet(name.slice(0, 31), {
      views: [{ state: 'frozen', ySplit: 1 }],
      pageSetup: { orientation: 'landscape', fitToPage: true, fitToWidth: 1, fitToHeight: 0 },
    });
    sheet.columns = columns.map(({ title, width }) => ({ header: title, width }));
    const head = sheet.getRow(1);
    head.font = { bold: true };
    head.commit();
    for await (const cells of rows) {
      const row = sheet.addRow(cells.map(xlsxCell));
      cells.forEach((cell, at) => {
        if (typeof cell === 'object') row.getCell(at + 1).numFmt = '#,##0.00';
      });
      row.commit();
    }
    sheet.commit();
    await Promise.all([once(out, 'close'), book.commit()]);
  });
}
function xlsxCell(cell: SheetCell): string | number | null {
  if (cell === undefined) return null;
  // At most 15 digits are exact in a spreadsheet: amounts are far below.
  if (typeof cell === 'object') return Number(yuanOf(cell.fen));
  return typeof cell === 'string' ? harmless(cell) : cell;
}

/** Nobody sees half of it. */
async function writeWhole(path: string, write: (part: string) => Promise<void>): Promise<void> {
  const part = `${path}.part`;
  try {
    await write(part);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
