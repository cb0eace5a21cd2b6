/** `{"head":{…},"body":{…}}`: the data of a frame (spec messages.md "Data"). */
import { decodeText, encodeJson } from './charset.js';
import { isObject, objectCodec } from './codec.js';
import type { PeerDialect } from './dialect.js';
import { type Decoded, defaultWireDialect, type Issue, Reading } from './field.js';
import { encodeFrame } from './frame.js';
import { text } from './kinds.js';
import { meaningOf, type ResultCode } from './result-code.js';

export const headFields = {
  version: text('version', '版本', { max: 16 }),
  source: text('source', '发送方', { max: 32 }),
  target: text('desIfno', '接收方', { max: 32 }),
  serviceCode: text('servCode', '服务编码', { max: 16, note: 'where it differs, the frame decides' }),
  messageId: text('msgId', '消息标识', { max: 36, note: 'not unique in practice' }),
  messageTime: text('msgTime', '发送时间', { max: 20, note: '`yyyyMMddHHmmss`, China time' }),
  extend: text('extend', '备用', { max: 256 }),
} as const;
export type Head = Decoded<typeof headFields>;
const headCodec = objectCodec(headFields);

export const PROTOCOL_VERSION = '1.0.1';
/** What an answer echoes when the head could not be read. */
export const emptyHead: Head = {
  version: PROTOCOL_VERSION,
  source: '',
  target: '',
  serviceCode: '',
  messageId: '',
  messageTime: '',
  extend: '',
};

/** Levels of arrays and objects that are read; real messages have four. */
const DEPTH_MAX = 16;
/** A text this short cannot nest deep enough to hurt anybody who walks the value. */
const UNCHECKED_CHARS_MAX = 1000;

/** Why data is no message. The frame could be cut, so the peer gets an answer: 0000, or 0003 for a bad head. */
export type EnvelopeFaultName =
  | 'charset'
  | 'byte-order-mark'
  | 'json'
  | 'too-deep'
  | 'not-object'
  | 'no-head'
  | 'no-body'
  | 'head';
export interface EnvelopeFault {
  readonly ok: false;
  readonly fault: EnvelopeFaultName;
  readonly result: '0000' | '0003';
  /** For the operator; never carries values. */
  readonly detail: string;
  /** As far as it could be read, so that the answer can echo it. */
  readonly head: Head;
  /** The JSON value where there is one: for the exchange log, through the mask. */
  readonly raw: unknown;
}
export interface Envelope {
  readonly ok: true;
  readonly head: Head;
  /** Not read yet: its dialect is known only after {@link peekClearingUnit}. Never deeper than the limit. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Reads the data of a frame. Never throws. Of duplicate members the last counts; `__proto__` is a name like any other.
 * @param charset the peer's; bytes of another are a fault and never mojibake
 */
export function parseEnvelope(data: Buffer, charset: PeerDialect['charset']): Envelope | EnvelopeFault {
  const json = decodeText(data, charset);
  if (json === undefined)
    return faultOf('charset', `the data is not ${charset === 'utf8' ? 'UTF-8' : 'GBK'}`);
  return parseEnvelopeText(json);
}

/** {@link parseEnvelope} for data that is text already. */
export function parseEnvelopeText(json: string): Envelope | EnvelopeFault {
  if (json.startsWith('\ufeff')) return faultOf('byte-order-mark', 'the data begins with a byte order mark');
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch (error) {
    return faultOf('json', `not JSON${positionOf(error)}`);
  }
  if (!isObject(raw)) return faultOf('not-object', 'the data is JSON, but no object');
  if (json.length > UNCHECKED_CHARS_MAX && !isWithin(raw, DEPTH_MAX))
    return faultOf('too-deep', `nested deeper than ${DEPTH_MAX} levels`);
  const { head: rawHead, body } = raw;
  if (!isObject(rawHead)) return faultOf('no-head', 'head is missing or no object', emptyHead, raw);
  const at = new Reading(defaultWireDialect, 'head');
  const read = headCodec.read(rawHead, at);
  const issue = at.issues[0];
  if (issue !== undefined) {
    return faultOf('head', `${issue.path}: ${issue.detail}`, { ...emptyHead, ...definedOf(read) }, raw);
  }
  if (!isObject(body)) return faultOf('no-body', 'body is missing or no object', read, raw);
  return { ok: true, head: read, body };
}
function faultOf(fault: EnvelopeFaultName, detail: string, head = emptyHead, raw?: unknown): EnvelopeFault {
  return { ok: false, fault, result: fault === 'head' ? '0003' : '0000', detail, head, raw };
}
/** The engine's own message quotes the data; only the position may leave. */
function positionOf(error: unknown): string {
  const found = error instanceof Error ? /at position (\d+)/.exec(error.message) : null;
  return found ? ` at character ${found[1]}` : '';
}
const definedOf = (head: Head): Partial<Head> =>
  Object.fromEntries(Object.entries(head).filter(([, value]) => value !== undefined));
/** JSON.parse itself does not recurse; whoever walks the value afterwards does. */
function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const key in value) if (!isWithin((value as Record<string, unknown>)[key], levels - 1)) return false;
  return true;
}

/** The clearing unit as it stands in the raw body, or `undefined` when there is none that could be one (1 to 16 characters). */
export function peekClearingUnit(body: Readonly<Record<string, unknown>>): string | undefined {
  const unit = peekText(body.acctOrgNo);
  return unit !== undefined && unit.length >= 1 && unit.length <= 16 ? unit : undefined;
}
/** A scalar of a body that is not decoded yet, read as fields are: a whole number is the text of its digits. */
export function peekText(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw;
  return Number.isSafeInteger(raw) ? String(raw) : undefined;
}

/**
 * The head of an answer: version and msgId echoed, sender and target swapped or (dialect `echo`) as they came.
 * @param serviceCode of the frame: it decides, also where the request's head said otherwise
 * @param messageTime now, `yyyyMMddHHmmss` in China
 */
export function answerHead(
  request: Head,
  serviceCode: string,
  messageTime: string,
  style: PeerDialect['head'] = 'swap',
): Head {
  const { version, messageId, source, target } = request;
  const names = style === 'swap' ? { source: target, target: source } : { source, target };
  return { ...names, version: version || PROTOCOL_VERSION, serviceCode, messageId, messageTime, extend: '' };
}

/** A whole frame with this head and body. */
export function encodeMessage(
  serviceCode: string,
  head: Head,
  body: Readonly<Record<string, unknown>>,
  charset: PeerDialect['charset'],
): Buffer {
  const json = JSON.stringify({ head: headCodec.write(head, defaultWireDialect), body });
  return encodeFrame(serviceCode, charset === 'utf8' ? json : encodeJson(json, charset));
}

/** What a request with faults is answered: the code of its first fault, and a text that names the field. Never a value. */
export function refusalOf(issues: readonly Issue[]): {
  readonly result: ResultCode;
  readonly resultText: string;
} {
  const [first] = issues;
  const result = first?.answer ?? '0003';
  return {
    result,
    resultText: first ? `${meaningOf(result)}：${first.title} ${first.path}` : meaningOf(result),
  };
}
