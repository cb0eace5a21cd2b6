/* Asks a gateway as the platform does: one connection, one request. */
import type { ConnectionOptions } from 'node:tls';
import { encodeFrame, encodeMessage, messageOf } from '../../src/protocol/index.js';
import { type Body, framesOf, type Head, rawClient } from './raw-client.js';

export interface Answered {
  readonly serviceCode: string;
  readonly head: Head;
  readonly body: Body;
}

/** Sends these bytes on a connection of their own; the answer frames that came until the end. */
export async function sendFrame(tls: ConnectionOptions, bytes: Buffer): Promise<readonly Answered[]> {
  const client = await rawClient(tls);
  client.socket.write(bytes);
  return framesOf(await client.closed());
}

/** One request with these members of the body (wire names), and its answer. */
export async function ask(tls: ConnectionOptions, serviceCode: string, body: Body): Promise<Answered> {
  const [answer] = await sendFrame(tls, requestFrame(serviceCode, body));
  if (answer === undefined) throw new Error(`no answer to ${serviceCode}`);
  return answer;
}

export function requestFrame(serviceCode: string, body: Body): Buffer {
  if (messageOf(serviceCode) === undefined) {
    return encodeFrame(serviceCode, Buffer.from(JSON.stringify({ head: {}, body })));
  }
  const head = {
    version: '1.0.1',
    source: 'ALIPAY',
    target: 'TEST',
    serviceCode,
    messageId: 'test',
    messageTime: '20261123120000',
    extend: '',
  };
  return encodeMessage(serviceCode, head, body, 'utf8');
}

let made = 0;
/** A serial of 28 digits that no other of this process has. */
export const freshSerial = (day = '20261123'): string =>
  `${day}00003001${String(process.pid % 1000).padStart(3, '0')}${String(++made).padStart(9, '0')}`;

/** The body of a 200002 for one customer, any bill. */
export const paymentBody = (
  unit: string,
  customer: string,
  fen: number,
  serial: string,
  day = '20240404',
) => ({
  acctOrgNo: unit,
  bankSerial: serial,
  bankDate: day,
  rcvAmt: String(fen),
  chargeCnt: '1',
  rcvDet: `${customer}|0|${day.slice(0, 6)}|$`,
});
