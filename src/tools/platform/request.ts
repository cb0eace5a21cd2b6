/** Request frames as the platform writes them, and answers as it reads them. */
import { type Clock, chinaStamp, type Ids, systemClock, systemIds } from '../../clock.js';
import {
  encodeMessage,
  isResultCode,
  meaningOf,
  PROTOCOL_VERSION,
  parseDay,
  parseSerial,
  type Serial,
} from '../../protocol/index.js';
import { isObject, parseJson } from '../json.js';
import { textOf } from '../text-of.js';

export interface Sender {
  /** Short names in the head: whom the request is from, and for whom. */
  readonly source: string;
  readonly target: string;
  readonly charset: 'utf8' | 'gbk';
  readonly clock: Clock;
  readonly ids: Ids;
}
export const defaultSender: Sender = {
  source: 'ALIPAY',
  target: 'SLUICE',
  charset: 'utf8',
  clock: systemClock,
  ids: systemIds,
};

/** A whole request frame with a fresh head. */
export function requestFrame(
  serviceCode: string,
  body: Readonly<Record<string, unknown>>,
  { source, target, charset, clock, ids }: Sender = defaultSender,
): Buffer {
  const head = {
    version: PROTOCOL_VERSION,
    source,
    target,
    serviceCode,
    messageId: ids.uuid().replaceAll('-', '').toUpperCase(),
    messageTime: chinaStamp(clock.now()),
    extend: '',
  };
  return encodeMessage(serviceCode, head, body, charset);
}

/** A serial as the platform makes them: day, `00003001`, 12 digits (spec "200002"). */
export function freshSerial(day: string, ids: Ids = systemIds): Serial {
  const serial = parseSerial(`${day}00003001${ids.digits(12)}`);
  if (serial === undefined || parseDay(day) === undefined) throw new RangeError('a serial begins with a day');
  return serial;
}

export interface AnswerData {
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** `rtnCode`; empty where there is none. */
  readonly code: string;
  /** The code's meaning, else the answer's own text. */
  readonly meaning: string;
}
/** The answer in the data of a frame; `undefined` where it is no message. */
export function readAnswer(data: Buffer): AnswerData | undefined {
  const value = parseJson(textOf(data)?.text ?? '');
  if (!isObject(value) || !isObject(value.head) || !isObject(value.body)) return undefined;
  const { head, body } = value;
  const code = String(body.rtnCode ?? '');
  return { head, body, code, meaning: isResultCode(code) ? meaningOf(code) : String(body.rtnMsg ?? '') };
}
