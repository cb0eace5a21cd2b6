/** Finds the lines of an exchange file that name something, without reading them by their declaration: a search over bytes, block by block. */
import { createReadStream } from 'node:fs';
import {
  type Charset,
  decodeText,
  exchangeFiles,
  type FileSettings,
  type FileType,
  LINE_BYTES_MAX,
  maskLine,
} from '../../protocol/index.js';

export interface FoundLine {
  /** The summary is line 1. */
  readonly line: number;
  /** Personal columns masked. */
  readonly text: string;
}

const CHUNK_BYTES = 256 * 1024;

const LF = 0x0a;
const MARKS = /[|$#\r]/;

/**
 * Lines of which one whole cell equals one of these texts (ASCII), in their order, at most `rowsMax`.
 * @throws what reading the disk throws
 */
export async function findLines(
  path: string,
  type: FileType,
  settings: FileSettings,
  texts: readonly string[],
  rowsMax: number,
): Promise<readonly FoundLine[]> {
  const needles = texts.map((text) => Buffer.from(text, 'latin1'));
  const found: FoundLine[] = [];
  let linesBefore = 0;
  let rest: Buffer = Buffer.alloc(0);
  const search = (block: Buffer) => {
    for (const [from, to] of linesWith(block, needles)) {
      if (found.length >= rowsMax) return;
      const line = block.subarray(from, to);
      const cells = line.toString('latin1').split(MARKS);
      if (!texts.some((text) => cells.includes(text))) continue;
      const text = decoded(line, settings.readCharset).replace(/\r$/, '');
      found.push({
        line: linesBefore + countOf(block.subarray(0, from)) + 1,
        text: maskLine(text, exchangeFiles[type].detail.columns),
      });
    }
    linesBefore += countOf(block);
  };
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LF) + 1;
    search(bytes.subarray(0, end));
    rest = bytes.subarray(end);
    if (found.length >= rowsMax || rest.length > LINE_BYTES_MAX) return found;
  }
  search(rest);
  return found;
}

/** Begin and end of each line that holds the bytes of a needle, in order, each once. */
function linesWith(block: Buffer, needles: readonly Buffer[]): readonly (readonly [number, number])[] {
  const lines = new Map<number, number>();
  for (const needle of needles) {
    for (let at = block.indexOf(needle); at >= 0; ) {
      const from = at === 0 ? 0 : block.lastIndexOf(LF, at - 1) + 1;
      const lineEnd = block.indexOf(LF, at);
      const to = lineEnd < 0 ? block.length : lineEnd;
      lines.set(from, to);
      at = to >= block.length ? -1 : block.indexOf(needle, to);
    }
  }
  return [...lines].sort(([a], [b]) => a - b);
}
function countOf(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) lines += 1;
  return lines;
}
/** Strictly where that is possible; an operator who looks for money is shown a damaged line, too. */
function decoded(line: Buffer, charset: Charset | 'auto'): string {
  if (charset !== 'auto') return decodeText(line, charset) ?? line.toString('latin1');
  return decodeText(line, 'utf8') ?? decodeText(line, 'gb18030') ?? line.toString('latin1');
}
