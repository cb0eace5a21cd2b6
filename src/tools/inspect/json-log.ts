/**
 * Messages in JSON, wherever they stand in it: frames in hex or as numbers, whole messages (head and body), and bodies beside which the
 * service is named, as our own exchange log has them (`sluice log --json`).
 */
import { encodeFrame, START_MARK, type UnitDialect } from '../../protocol/index.js';
import { bytesIn } from '../bytes/notations.js';
import { isObject, parseJson } from '../json.js';
import { explainFrame, type FrameExplanation } from './frame.js';

export type JsonFinding = { readonly where: string; readonly dialect: Partial<UnitDialect> | undefined } & (
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'data'; readonly serviceCode: string; readonly text: string; readonly bodyOnly: boolean }
);
const FRAME_BYTES_MIN = 12;
const DEPTH_MAX = 12;
/** Under which names a record says whose body it holds. */
const SERVICE_MEMBERS = ['service', 'serviceCode', 'servCode'];
const BODY_MEMBERS = new Set(['request', 'answer', 'response', 'body', 'req', 'resp']);
/** A fixture's data stands in its frame, too. */
const FIXTURE_MEMBERS = new Set(['data', 'decoded', 'expect']);

/** A JSON document, or JSON lines. */
export function findInJson(text: string): readonly JsonFinding[] {
  const whole = parseJson(text);
  if (whole !== undefined) return findIn(whole, '', undefined, DEPTH_MAX);
  return text.split(/\r?\n/).flatMap((line, i) => {
    const value = line.startsWith('{') ? parseJson(line) : undefined;
    return value === undefined ? [] : findIn(value, `line ${i + 1}`, undefined, DEPTH_MAX);
  });
}

function findIn(
  value: unknown,
  where: string,
  outer: Partial<UnitDialect> | undefined,
  depth: number,
): readonly JsonFinding[] {
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const bytes = bytesOf(value);
    if (bytes !== undefined) return [{ kind: 'bytes', where, bytes, dialect: outer }];
    return value.flatMap((one, i) => findIn(one, `${where}[${i}]`, outer, depth - 1));
  }
  const record = value as Readonly<Record<string, unknown>>;
  const dialect = isObject(record.dialect) ? (record.dialect as Partial<UnitDialect>) : outer;
  if (isObject(record.head) && isObject(record.body)) {
    const code = serviceIn(record.head);
    return [
      { kind: 'data', where, serviceCode: code, text: JSON.stringify(record), bodyOnly: false, dialect },
    ];
  }
  const service = serviceIn(record);
  const isFixture = typeof record.frameHex === 'string';
  return Object.entries(record).flatMap(([name, member]): readonly JsonFinding[] => {
    if (isFixture && FIXTURE_MEMBERS.has(name)) return [];
    const at = name === 'frameHex' ? where : `${where} ${name.replace(/Hex$/, '')}`.trim();
    const held = typeof member === 'string' ? parseJson(member) : member;
    if (service !== '' && BODY_MEMBERS.has(name) && isObject(held) && !('body' in held)) {
      const text = JSON.stringify({ head: {}, body: held });
      return [{ kind: 'data', where: at, serviceCode: service, text, bodyOnly: true, dialect }];
    }
    if (isObject(held) || Array.isArray(held)) return findIn(held, at, dialect, depth - 1);
    return typeof member === 'string' ? framesInText(member, at, dialect) : [];
  });
}
function serviceIn(record: Readonly<Record<string, unknown>>): string {
  const said = SERVICE_MEMBERS.map((name) => record[name]).find((one) => /^\d{6}$/.test(String(one ?? '')));
  return said === undefined ? '' : String(said);
}
/** Numbers of bytes, signed or not, that begin as a frame does. */
function bytesOf(values: readonly unknown[]): Buffer | undefined {
  if (values.length < FRAME_BYTES_MIN || values[0] !== START_MARK) return undefined;
  const isByte = (one: unknown): one is number =>
    typeof one === 'number' && Number.isInteger(one) && one >= -128 && one <= 255;
  return values.every(isByte) ? Buffer.from(values.map((one) => Number(one) & 0xff)) : undefined;
}
const framesInText = (
  text: string,
  where: string,
  dialect: Partial<UnitDialect> | undefined,
): JsonFinding[] =>
  bytesIn(text)
    // Identifiers are hex digits, too.
    .filter(({ bytes }) => bytes[0] === START_MARK)
    .map(({ bytes }) => ({ kind: 'bytes', where, bytes, dialect }));

/** The fields of data that stands alone, without the frame it came in. */
export function explainData(
  finding: Extract<JsonFinding, { kind: 'data' }>,
  dialect: Partial<UnitDialect> | undefined,
): FrameExplanation {
  const code = finding.serviceCode === '' ? '000000' : finding.serviceCode;
  const explained = explainFrame(encodeFrame(code, finding.text), dialect);
  return {
    ...explained,
    parts: [],
    head: finding.bodyOnly ? [] : explained.head,
    verdict: `${explained.verdict}; the data alone, as a log has it, without its frame`,
  };
}
