/*
  Explains the bytes of one frame, also of a broken one: each part with its offset, what it says, and what is wrong with it.
  A decoder stops at the first fault; here every part is judged on its own, because a person wants to know what the sender did.
*/
import {
  DATA_BYTES_MAX,
  decodeText,
  defaultUnitDialect,
  END_MARK,
  type Fields,
  FRAME_EXTRA_BYTES,
  FrameDecoder,
  HEADER_BYTES,
  headFields,
  messageOf,
  parseEnvelopeText,
  START_MARK,
  type UnitDialect,
  wireDialectOf,
} from '../../protocol/index.js';
import { isObject } from '../json.js';
import { textOf } from '../text-of.js';
import { explainFields, type FieldLine } from './fields.js';

export interface Part {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly name: 'before' | 'start' | 'length' | 'service' | 'data' | 'end' | 'behind';
  readonly says: string;
  readonly fault?: string;
}
export interface FrameExplanation {
  readonly parts: readonly Part[];
  /** Which side of the exchange this is, judged by the body. */
  readonly side: 'request' | 'answer' | undefined;
  readonly serviceCode: string;
  readonly title: string;
  readonly head: readonly FieldLine[];
  readonly body: readonly FieldLine[];
  /** Why the data is no message; empty where it is one. */
  readonly dataFault: string;
  /** The data as text, where it is text of some charset. */
  readonly text: string;
  readonly charset: 'utf8' | 'gbk' | undefined;
  /** What a strict receiver does with these bytes. */
  readonly verdict: string;
  /** False where anything is wrong, in the frame or in a field. */
  readonly sound: boolean;
  /** Where the next frame would begin; the whole length where nothing follows. */
  readonly bytesUsed: number;
}

/** @param dialect of the unit; without it an amount with a decimal point is taken for yuan */
export function explainFrame(bytes: Buffer, dialect?: Partial<UnitDialect>): FrameExplanation {
  const start = startOf(bytes);
  const end = endOf(bytes, start);
  const parts = partsOf(bytes, start, end);
  const data = bytes.subarray(Math.min(start + HEADER_BYTES, bytes.length), end.at);
  const code = bytes.toString('latin1', start + 5, start + HEADER_BYTES);
  const serviceCode = /^\d{6}$/.test(code) ? code : '';
  const read = textOf(data);
  const content = contentOf(serviceCode, read?.text, dialect);
  const faulty = [...content.head, ...content.body].some((line) => line.fault !== undefined);
  const bytesUsed = end.used;
  const verdict = verdictOf(bytes.subarray(0, bytesUsed), content, faulty);
  return {
    parts,
    serviceCode,
    title: messageOf(serviceCode)?.title ?? '',
    ...content,
    text: read?.text ?? '',
    charset: read?.charset,
    verdict,
    sound: verdict.startsWith('a sound') && parts.every((part) => part.fault === undefined),
    bytesUsed,
  };
}

/** The first byte that could begin a frame: the start mark, followed by a plausible length or six digits. */
function startOf(bytes: Buffer): number {
  if (bytes[0] === START_MARK) return 0;
  for (let at = bytes.indexOf(START_MARK); at >= 0; at = bytes.indexOf(START_MARK, at + 1)) {
    if (/^\d{6}$/.test(bytes.toString('latin1', at + 5, at + HEADER_BYTES))) return at;
  }
  return 0;
}

interface End {
  /** Offset where the data ends. */
  readonly at: number;
  readonly used: number;
  readonly length: number;
  /** Data bytes up to the end mark that is really there; `undefined` where there is none. */
  readonly real: number | undefined;
  readonly agrees: boolean;
}
/** The length is believed where an end mark stands behind it; otherwise the JSON text says where the data ends. */
function endOf(bytes: Buffer, start: number): End {
  const from = start + HEADER_BYTES;
  const length = bytes.length >= start + 5 ? bytes.readInt32LE(start + 1) : 0;
  if (length > 0 && bytes[from + length] === END_MARK) {
    return { at: from + length, used: from + length + 1, length, real: length, agrees: true };
  }
  const real = realDataBytes(bytes.subarray(start));
  if (real !== undefined) return { at: from + real, used: from + real + 1, length, real, agrees: false };
  return { at: bytes.length, used: bytes.length, length, real: undefined, agrees: false };
}
/** Where the frame ends for a decoder that follows the JSON text and not the length. */
function realDataBytes(frame: Buffer): number | undefined {
  if (frame.length < FRAME_EXTRA_BYTES) return undefined;
  const mended = Buffer.from(frame);
  // A length that cannot be is replaced: it must be within the limit for the tolerant decoder to look further.
  const length = mended.readInt32LE(1);
  if (length <= 0 || length > DATA_BYTES_MAX) mended.writeInt32LE(DATA_BYTES_MAX, 1);
  if (!/^\d{6}$/.test(mended.toString('latin1', 5, HEADER_BYTES))) mended.write('000000', 5, 'latin1');
  mended[0] = START_MARK;
  for (const charset of ['utf8', 'gbk'] as const) {
    const [event] = new FrameDecoder({ lengthTolerance: 'charCount', charset }).push(mended);
    if (event?.kind === 'frame') return event.data.length;
  }
  return undefined;
}

function partsOf(bytes: Buffer, start: number, end: End): Part[] {
  const parts: Part[] = [];
  const add = (name: Part['name'], from: number, to: number, says: string, fault?: string) => {
    if (to <= from) return;
    const part = { name, offset: from, bytes: bytes.subarray(from, to), says };
    parts.push(fault === undefined ? part : { ...part, fault });
  };
  const clip = (at: number) => Math.min(start + at, bytes.length);
  add('before', 0, start, `${start} bytes before the frame`, 'bytes before the start mark 0x68');
  add('start', start, clip(1), 'start mark', bytes[start] === START_MARK ? undefined : 'expected 0x68');
  add(
    'length',
    clip(1),
    clip(5),
    `length ${end.length}, int32 little-endian`,
    lengthFault(bytes, start, end),
  );
  const code = bytes.toString('latin1', clip(5), clip(HEADER_BYTES));
  const message = messageOf(code);
  const named = message ? `${message.title}, ${message.purpose}` : 'not a service of this protocol';
  const codeFault = /^\d{6}$/.test(code) ? undefined : 'a service code is six ASCII digits';
  add('service', clip(5), clip(HEADER_BYTES), `service code ${JSON.stringify(code)}: ${named}`, codeFault);
  add('data', clip(HEADER_BYTES), end.at, `data, ${Math.max(0, end.at - start - HEADER_BYTES)} bytes`);
  if (end.real === undefined) {
    const fault = 'no end mark 0x16 was found: the frame is cut off, or its end was never sent';
    parts.push({
      name: 'end',
      offset: bytes.length,
      bytes: Buffer.alloc(0),
      says: 'end mark missing',
      fault,
    });
  } else {
    add('end', end.at, end.at + 1, 'end mark');
    const behind = bytes.subarray(end.used);
    if (behind.length > 0 && behind[0] !== START_MARK) {
      const newline = /^[\r\n]+$/.test(behind.toString('latin1'));
      const fault = newline
        ? 'CR or LF behind the frame (dialect lengthTolerance: trailingNewline)'
        : 'bytes behind the frame';
      add('behind', end.used, bytes.length, `${behind.length} bytes behind the frame`, fault);
    }
  }
  return parts;
}

/** What the sender did to get this length, as far as the bytes tell. */
function lengthFault(bytes: Buffer, start: number, { length, real, agrees }: End): string | undefined {
  if (bytes.length < start + 5) return 'cut off within the length';
  if (agrees) return undefined;
  const bigEndian = bytes.readInt32BE(start + 1);
  if (real === undefined) {
    const missing = length + FRAME_EXTRA_BYTES - (bytes.length - start);
    if (length > 0 && missing > 0 && length <= DATA_BYTES_MAX)
      return `${missing} bytes are missing to the end of the frame`;
    return bigEndian > 0 && bigEndian <= DATA_BYTES_MAX
      ? `big-endian it would be ${bigEndian}`
      : 'no frame has this length';
  }
  const fact = `the data has ${real} bytes`;
  if (bigEndian === real) return `${fact}: the length was written big-endian`;
  const data = bytes.subarray(start + HEADER_BYTES, start + HEADER_BYTES + real);
  if (textOf(data)?.text.length === length)
    return `${fact}: the length counts characters (dialect lengthTolerance: charCount)`;
  if (length === real + FRAME_EXTRA_BYTES) return `${fact}: the length counts the whole frame`;
  const by = real - length;
  return by > 0 ? `${fact}: the length is ${by} too small` : `${fact}: the length is ${-by} too large`;
}

type Content = Pick<FrameExplanation, 'side' | 'head' | 'body' | 'dataFault'>;
function contentOf(
  serviceCode: string,
  text: string | undefined,
  given: Partial<UnitDialect> | undefined,
): Content {
  const nothing = { side: undefined, head: [], body: [] };
  if (text === undefined) return { ...nothing, dataFault: 'the data is neither UTF-8 nor GBK' };
  const raw = parsed(text);
  if ('fault' in raw) return { ...nothing, dataFault: raw.fault };
  const envelope = parseEnvelopeText(text);
  const { head, body } = isObject(raw.value) ? raw.value : {};
  const side = isObject(body) && 'rtnCode' in body ? 'answer' : 'request';
  const message = messageOf(serviceCode);
  const fields: Fields = message?.[side] ?? {};
  const dialect = wireDialectOf({ ...defaultUnitDialect, ...(given ?? guessDialect(text)) });
  const headLines = head === undefined ? [] : explainFields(headFields, head, dialect, 'head');
  return {
    side,
    head: headLines.map((line) => otherCode(line, serviceCode)),
    body: body === undefined ? [] : explainFields(fields, body, dialect, 'body'),
    dataFault: envelope.ok || envelope.fault === 'head' ? '' : envelope.detail,
  };
}
/** The frame decides; a head that says otherwise is worth a word. */
const otherCode = (line: FieldLine, serviceCode: string): FieldLine =>
  line.path === 'head.servCode' && line.raw !== JSON.stringify(serviceCode)
    ? { ...line, says: `the frame says ${serviceCode}, and the frame decides` }
    : line;
function parsed(text: string): { readonly value: unknown } | { readonly fault: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { fault: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
/** A decimal point is only written by peers that count in yuan. */
export const guessDialect = (text: string): Partial<UnitDialect> =>
  /"(?:rcvAmt|acctBal|prepayAmt|total\w*Amt|totalPenalty|oweAmt|rcvblAmt)":"-?\d+\.\d{1,2}"/.test(text)
    ? { amountUnit: 'yuan' }
    : {};

function verdictOf(bytes: Buffer, { dataFault, side, body, head }: Content, faulty: boolean): string {
  const decoder = new FrameDecoder();
  const [event] = decoder.push(bytes);
  if (event === undefined)
    return `unfinished: a receiver waits for more bytes, then closes without an answer`;
  if (event.kind === 'fault')
    return `cannot be cut (${event.fault}: ${event.detail}): closed without an answer`;
  const data = decodeText(event.data, 'utf8');
  if (data === undefined)
    return 'a frame, but not UTF-8: answered 0000, unless the dialect says charset: gbk';
  if (dataFault !== '') return `a frame, but ${dataFault}: answered 0000`;
  const known = messageOf(event.serviceCode) !== undefined;
  if (!known) return 'a frame of an unknown service: answered 0008';
  if (!faulty) return side === 'answer' ? 'a sound answer' : 'a sound request';
  const [first] = [...head, ...body].filter((line) => line.fault !== undefined);
  const code = first?.fault === 'required' ? '0004' : '0003';
  return side === 'answer'
    ? `an answer that breaks its declaration at ${first?.path}`
    : `answered ${code}: ${first?.path}`;
}
