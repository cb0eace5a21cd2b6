/*
  The turned roles: we connect to the platform and send one request frame (spec "100001"). One connection, one answer, close.
  Whoever answers must show a certificate of a peer that acts for the unit, as if it had connected to us.
*/
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';
import { codeOf, messageOf } from '../errors.js';
import { encodeMessage, FrameDecoder, type Head, parseEnvelope } from '../protocol/index.js';
import type { Trust } from './trust.js';

export interface NoticeCall {
  readonly host: string;
  readonly port: number;
  readonly unit: string;
  readonly serviceCode: string;
  readonly head: Head;
  readonly body: Readonly<Record<string, unknown>>;
  /** From connect to the whole answer. */
  readonly timeoutMs: number;
}
export type NoticeReply =
  /** The platform answered; what the code means is the caller's affair. */
  | { readonly kind: 'answered'; readonly code: string; readonly text: string }
  /** Nothing, or nothing that can be read: it may have been taken nevertheless. */
  | { readonly kind: 'unanswered'; readonly reason: string };

const ANSWER_BYTES_MAX = 64 * 1024;

/** Sends and waits for the answer. Never rejects. */
export function callPlatform(
  call: NoticeCall,
  trust: Trust,
  clock: Clock,
  signal: AbortSignal,
): Promise<NoticeReply> {
  return new Promise((resolve) => {
    let socket: TLSSocket;
    let over = false;
    const finish = (reply: NoticeReply) => {
      if (over) return;
      over = true;
      cancelTimeout();
      signal.removeEventListener('abort', stopped);
      socket?.destroy();
      resolve(reply);
    };
    const silence = (reason: string) => finish({ kind: 'unanswered', reason });
    const stopped = () => silence('this node is stopping');
    const cancelTimeout = clock.after(call.timeoutMs, () => silence(`no answer within ${call.timeoutMs} ms`));
    if (signal.aborted) return stopped();
    signal.addEventListener('abort', stopped);
    try {
      const { host, port } = call;
      socket = connect({
        host,
        port,
        // Not the options themselves: only so is a pinned certificate of an unknown CA trusted (allowPartialTrustChain).
        secureContext: createSecureContext(trust.certificates.context),
        rejectUnauthorized: true,
        // Names in these certificates are anything; whose it is says the pin (spec "Connection").
        checkServerIdentity: () => undefined,
      });
    } catch (error) {
      silence(messageOf(error));
      return;
    }
    socket.on('error', (error) => silence(codeOf(error) || error.message));
    socket.on('close', () => silence('closed without an answer'));
    socket.on('secureConnect', () => {
      const peer = trust.identify(socket);
      if ('refused' in peer) return silence(`the certificate shown there is refused: ${peer.refused}`);
      if (!peer.units.has(call.unit))
        return silence(`${peer.name}, who answers there, does not act for ${call.unit}`);
      const { charset, lengthTolerance } = peer.dialect;
      const decoder = new FrameDecoder({ dataBytesMax: ANSWER_BYTES_MAX, lengthTolerance, charset });
      socket.on('data', (chunk: Buffer) => {
        const [event] = decoder.push(chunk);
        if (event?.kind === 'fault') silence(`the answer is no frame (${event.fault})`);
        else if (event?.kind === 'frame') finish(replyOf(event.data, charset));
      });
      socket.on('end', () => silence('closed without an answer'));
      socket.write(encodeMessage(call.serviceCode, call.head, call.body, charset));
    });
  });
}

/** Only the code is needed, and it may be one that our table does not know: the declaration is not asked. */
function replyOf(data: Buffer, charset: 'utf8' | 'gbk'): NoticeReply {
  const envelope = parseEnvelope(data, charset);
  if (!envelope.ok) return { kind: 'unanswered', reason: `the answer cannot be read: ${envelope.detail}` };
  const { rtnCode, rtnMsg } = envelope.body;
  if (typeof rtnCode !== 'string' && typeof rtnCode !== 'number') {
    return { kind: 'unanswered', reason: 'the answer has no rtnCode' };
  }
  return {
    kind: 'answered',
    code: String(rtnCode).slice(0, 16),
    text: typeof rtnMsg === 'string' ? rtnMsg.slice(0, 256) : '',
  };
}
