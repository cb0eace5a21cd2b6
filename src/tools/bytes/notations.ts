/*
  Bytes as people have them: hex text in many spellings, dumps with offsets, Java's Arrays.toString, log files of other systems.

    68220100…            68 22 01 00           0x68,0x22,0x01         68:22:01:00
    00000000  68 22 01 00 32 30  |h"..20|      hexdump -C, xxd, od, tcpdump -X, Wireshark
    [104, 34, 1, 0, 50, -28]                   Java Arrays.toString(byte[])
*/

export interface FoundBytes {
  readonly bytes: Buffer;
  /** Line of the text where they begin, from 1. */
  readonly line: number;
  readonly notation: 'hex' | 'dump' | 'array';
}

/** Fewer bytes than a frame has at least are taken for a number, a hash or a word. */
const RUN_BYTES_MIN = 12;

/** All runs of bytes in a text, in its order. Never throws. */
export function bytesIn(text: string): FoundBytes[] {
  const whole = wholeHex(text);
  if (whole !== undefined) return [{ bytes: whole, line: 1, notation: 'hex' }];
  const lines = text.split(/\r?\n/);
  const found = [...arraysIn(text), ...dumpsIn(lines)];
  const taken = new Set(found.flatMap((run) => run.lines));
  for (const run of hexRunsIn(lines, taken)) found.push(run);
  return found
    .filter((run) => run.bytes.length >= RUN_BYTES_MIN)
    .sort((a, b) => a.line - b.line)
    .map(({ bytes, line, notation }) => ({ bytes, line, notation }));
}

interface Run extends FoundBytes {
  /** Line numbers that belong to it, so that no other notation reads them again. */
  readonly lines: readonly number[];
}

/** The whole text as hex digits, whatever separates them; `undefined` where it is something else. */
function wholeHex(text: string): Buffer | undefined {
  const digits = text.replace(/0x/gi, '').replace(/[\s,:;-]+/g, '');
  return digits.length >= 2 && digits.length % 2 === 0 && /^[0-9a-f]+$/i.test(digits) && !isDump(text)
    ? Buffer.from(digits, 'hex')
    : undefined;
}

function arraysIn(text: string): Run[] {
  const runs: Run[] = [];
  for (const match of text.matchAll(/\[\s*(-?\d{1,3}(?:\s*,\s*-?\d{1,3}){11,})\s*\]/g)) {
    const values = (match[1] ?? '').split(',').map(Number);
    if (values.some((value) => value < -128 || value > 255)) continue;
    const line = lineAt(text, match.index);
    const last = lineAt(text, match.index + match[0].length);
    const lines = Array.from({ length: last - line + 1 }, (_, i) => line + i);
    runs.push({ bytes: Buffer.from(values.map((value) => value & 0xff)), line, lines, notation: 'array' });
  }
  return runs;
}
const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** Offset, then bytes in groups of one, two or four, then perhaps the text of the bytes. */
const DUMP_LINE =
  /^\s*(?:0x)?([0-9a-f]{4,8}):?\s{1,4}((?:[0-9a-f]{2,8}\s{1,3})*[0-9a-f]{2,8})(?:\s{2,}.*|\s*\|.*|\s*)$/i;
const isDump = (text: string): boolean => {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const first = DUMP_LINE.exec(lines[0] ?? '');
  const second = DUMP_LINE.exec(lines[1] ?? '');
  // Offsets that count up tell a dump from plain hex in columns.
  return first !== null && second !== null && offsetOf(second) - offsetOf(first) === bytesOf(first).length;
};
const offsetOf = (match: RegExpExecArray): number => Number.parseInt(match[1] ?? '', 16);
const bytesOf = (match: RegExpExecArray): Buffer => Buffer.from((match[2] ?? '').replace(/\s+/g, ''), 'hex');

function dumpsIn(lines: readonly string[]): Run[] {
  const runs: Run[] = [];
  let parts: Buffer[] = [];
  let numbers: number[] = [];
  let expected = -1;
  const close = () => {
    // One line alone has no second offset to prove that its first column is one.
    if (parts.length > 1 || Buffer.concat(parts)[0] === 0x68) {
      runs.push({ bytes: Buffer.concat(parts), line: numbers[0] ?? 1, lines: numbers, notation: 'dump' });
    }
    parts = [];
    numbers = [];
  };
  for (const [index, text] of lines.entries()) {
    const match = DUMP_LINE.exec(text);
    const offset = match === null ? -1 : offsetOf(match);
    if (match === null || (offset !== expected && offset !== 0)) {
      if (parts.length > 0) close();
      expected = -1;
      continue;
    }
    if (offset === 0 && parts.length > 0) close();
    const bytes = bytesOf(match);
    parts.push(bytes);
    numbers.push(index + 1);
    expected = offset + bytes.length;
  }
  if (parts.length > 0) close();
  return runs;
}

const HEX_IN_LINE = /(?:^|[^0-9a-z])(68(?:[\s,:-]?(?:0x)?[0-9a-f]{2}){11,})(?![0-9a-f])/gi;
const HEX_ONLY_LINE = /^\s*[0-9a-f]{2}(?:[\s,:-]?[0-9a-f]{2})*\s*$/i;

/** Frames in log lines: hex that begins with the start mark; lines of nothing but hex behind it belong to it. */
function hexRunsIn(lines: readonly string[], taken: ReadonlySet<number>): Run[] {
  const runs: Run[] = [];
  for (let index = 0; index < lines.length; index++) {
    if (taken.has(index + 1)) continue;
    const text = lines[index] ?? '';
    const matches = [...text.matchAll(HEX_IN_LINE)];
    for (const [number, match] of matches.entries()) {
      let digits = digitsOf(match[1] ?? '');
      const numbers = [index + 1];
      const endsLine = number === matches.length - 1 && text.trimEnd().endsWith((match[1] ?? '').trimEnd());
      while (endsLine && continues(digits, lines[index + 1] ?? '')) {
        index += 1;
        digits += digitsOf(lines[index] ?? '');
        numbers.push(index + 1);
      }
      runs.push({
        bytes: Buffer.from(digits, 'hex'),
        line: numbers[0] ?? 1,
        lines: numbers,
        notation: 'hex',
      });
    }
  }
  return runs;
}
const digitsOf = (text: string): string => text.replace(/0x/gi, '').replace(/[^0-9a-f]/gi, '');
/** The next line goes on with this frame: it is hex, and the frame's own length says that more must come. */
function continues(digits: string, next: string): boolean {
  const bytes = Buffer.from(digits, 'hex');
  return HEX_ONLY_LINE.test(next) && bytes.length >= 5 && bytes.length < bytes.readInt32LE(1) + RUN_BYTES_MIN;
}
