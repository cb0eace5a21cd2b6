import {
  defaultUnitDialect,
  encodeFrame,
  encodeJson,
  messageOf,
  type UnitDialect,
  wireDialectOf,
} from '../../protocol/index.js';
import { isObject, parseJson } from '../json.js';
import { textOf } from '../text-of.js';
import { maskData } from './mask.js';
import { maskBytes } from './mask-bytes.js';

/** One exchange as it went over the wire. */
export interface SeenExchange {
  readonly name: string;
  readonly serviceCode: string;
  /** Data of the request frame, and of the answer where one was given. */
  readonly request: Buffer;
  readonly answer: Buffer | undefined;
  readonly dialect: Partial<UnitDialect>;
  readonly at: number;
  readonly durationMs: number | undefined;
  readonly peer: string;
  readonly note: string;
}

/** The fixture file of an exchange: what `sluice replay` sends and compares, and the fields for people. */
export function fixtureOf(seen: SeenExchange, key: string | undefined): Record<string, unknown> {
  const { name, note, serviceCode, at, durationMs, peer, dialect } = seen;
  const request = textOf(seen.request);
  const data = maskData(serviceCode, request?.text ?? '', key);
  const frame =
    request === undefined ? undefined : encodeFrame(serviceCode, encodeJson(data, request.charset));
  const answer =
    seen.answer === undefined ? undefined : maskData(serviceCode, textOf(seen.answer)?.text ?? '', key);
  const code = codeIn(answer);
  return {
    name,
    note,
    serviceCode,
    dialect,
    data,
    frameHex: frame?.toString('hex') ?? '',
    expect: { ...(code !== undefined && { rtnCode: code }), ...(answer !== undefined && { answer }) },
    captured: { at, ...(durationMs !== undefined && { durationMs }), peer, masked: key !== undefined },
    decoded: { request: decoded(serviceCode, data, dialect), answer: decoded(serviceCode, answer, dialect) },
  };
}
/** Bytes that were no frame, as a fixture that expects what a strict receiver does: silence. */
export function uncutFixture(
  name: string,
  left: {
    readonly bytes: Buffer;
    readonly how: string;
    readonly detail: string;
    readonly peer: string;
    at: number;
  },
  bytesInAll: number,
  key: string | undefined,
): Record<string, unknown> {
  const { bytes, how, detail, peer, at } = left;
  const cut = bytesInAll > bytes.length ? `; the first ${bytes.length} of ${bytesInAll} bytes` : '';
  return {
    name,
    note: `${how}: ${detail}${cut}`,
    frameHex: maskBytes(bytes, key).toString('hex'),
    ...(how === 'cut-off' && { end: true }),
    expect: { silence: true },
    captured: { at, peer, fault: detail, masked: key !== undefined },
  };
}
function codeIn(answer: string | undefined): string | undefined {
  const value = parseJson(answer ?? '');
  return isObject(value) && isObject(value.body) ? String(value.body.rtnCode ?? '') : undefined;
}
/** The fields by their names in this house, amounts in fen; `undefined` where they cannot be read. */
function decoded(serviceCode: string, text: string | undefined, dialect: Partial<UnitDialect>): unknown {
  const value = parseJson(text ?? '');
  const message = messageOf(serviceCode);
  if (message === undefined || !isObject(value) || !isObject(value.body)) return undefined;
  const wire = wireDialectOf({ ...defaultUnitDialect, ...dialect });
  const read =
    'rtnCode' in value.body ? message.readAnswer(value.body, wire) : message.readRequest(value.body, wire);
  if (!read.ok) return { faults: read.issues.map(({ path, detail }) => `${path}: ${detail}`) };
  return JSON.parse(
    JSON.stringify(read.value, (_name, one: unknown) => (typeof one === 'bigint' ? Number(one) : one)),
  );
}
