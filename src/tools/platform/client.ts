/* Plays the platform: one mutual-TLS connection, one request frame, one answer frame, close (spec "Connection"). */
import { connect, createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { type Clock, systemClock } from '../../clock.js';
import { codeOf, messageOf, OperatorError } from '../../errors.js';
import { FrameDecoder } from '../../protocol/index.js';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Our certificate and key, and whom we trust; made once, because that is dearer than the handshake. The host name is never checked (spec). */
  readonly context: SecureContext;
  /** ms from connect to the whole answer. */
  readonly timeoutMs: number;
}
/** @throws {OperatorError} `client-certificate-unusable` */
export function targetOf(host: string, port: number, tls: SecureContextOptions, timeoutMs = 30_000): Target {
  try {
    return { host, port, context: createSecureContext(tls), timeoutMs };
  } catch (error) {
    throw new OperatorError(
      'client-certificate-unusable',
      `the client certificate, its key or the CA cannot be used: ${messageOf(error)}`,
      'Certificate and key must be PEM and belong together (--cert, --key, --ca).',
      { cause: error },
    );
  }
}

interface Timing {
  /** ms from connect to the answer's last byte or to the end. */
  readonly ms: number;
  /** ms from connect to the end of the handshake; `undefined` where it was not reached. */
  readonly handshakeMs: number | undefined;
}
export type Outcome =
  | (Timing & {
      readonly kind: 'answer';
      readonly serviceCode: string;
      readonly data: Buffer;
      readonly resumed: boolean;
    })
  | (Timing & {
      readonly kind: 'no-answer';
      readonly how: Silence;
      readonly reason: string;
      readonly bytes: Buffer;
    });
/** `unreachable`: no connection; `refused`: no handshake; `closed`: it ended without an answer; `not-a-frame`: something else came. */
export type Silence = 'unreachable' | 'refused' | 'closed' | 'timeout' | 'not-a-frame';

export interface ExchangeOptions {
  /** A TLS session of an earlier exchange, to resume. */
  readonly session?: Buffer | undefined;
  readonly onSession?: (session: Buffer) => void;
  /** Write in these pieces, one after the other with a pause, instead of the whole. */
  readonly pieces?: readonly Buffer[];
  /** ms between them. */
  readonly pauseMs?: number;
  /** Shut our writing side behind the request. */
  readonly end?: boolean;
  /** Go away so many ms after the request, whatever comes: the answer is lost. */
  readonly leaveAfterMs?: number;
  readonly clock?: Clock;
}
const PIECE_PAUSE_MS = 20;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Sends the bytes as they are, and waits for one answer frame or the end. Never rejects. */
export function exchange(target: Target, bytes: Buffer, options: ExchangeOptions = {}): Promise<Outcome> {
  const { session, onSession, clock = systemClock } = options;
  return new Promise((resolve) => {
    const started = performance.now();
    const chunks: Buffer[] = [];
    const decoder = new FrameDecoder({ dataBytesMax: ANSWER_BYTES_MAX });
    let handshakeMs: number | undefined;
    let connected = false;
    const socket = connect({
      host: target.host,
      port: target.port,
      secureContext: target.context,
      rejectUnauthorized: true,
      checkServerIdentity: () => undefined,
      ...(session && { session }),
    });
    const cancel = clock.after(target.timeoutMs, () =>
      silence('timeout', `no answer within ${target.timeoutMs} ms`),
    );
    const elapsed = () => performance.now() - started;
    const finish = (outcome: Outcome) => {
      cancel();
      socket.destroy();
      resolve(outcome);
    };
    const silence = (how: Silence, reason: string) =>
      finish({ kind: 'no-answer', how, reason, bytes: Buffer.concat(chunks), ms: elapsed(), handshakeMs });
    socket.setNoDelay(true);
    socket.once('connect', () => {
      connected = true;
    });
    socket.once('secureConnect', () => {
      handshakeMs = elapsed();
      void say();
    });
    async function say(): Promise<void> {
      if (options.pieces === undefined) socket.write(bytes);
      for (const piece of options.pieces ?? []) {
        if (socket.destroyed) return;
        socket.write(piece);
        await clock.sleep(options.pauseMs ?? PIECE_PAUSE_MS);
      }
      if (options.end === true) socket.end();
      if (options.leaveAfterMs === undefined) return;
      await clock.sleep(options.leaveAfterMs);
      silence('closed', 'the answer was not waited for');
    }
    if (onSession) socket.on('session', onSession);
    socket.on('error', (error) => silence(...silenceOf(error, connected, handshakeMs !== undefined)));
    socket.on('end', () => silence('closed', 'closed without an answer'));
    socket.on('close', () => silence('closed', 'closed without an answer'));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const [event] = decoder.push(chunk);
      if (event?.kind === 'fault')
        return silence('not-a-frame', `the answer is not a frame: ${event.detail}`);
      if (event?.kind !== 'frame') return;
      const { serviceCode, data } = event;
      finish({
        kind: 'answer',
        serviceCode,
        data,
        ms: elapsed(),
        handshakeMs,
        resumed: socket.isSessionReused(),
      });
    });
  });
}

/** With TLS 1.3 a refused certificate shows only after our side of the handshake is done. */
function silenceOf(error: Error, connected: boolean, handshaken: boolean): [Silence, string] {
  const code = codeOf(error);
  if (!connected) return ['unreachable', `cannot connect: ${code || error.message}`];
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS'))
    return ['refused', `refused in the handshake: ${error.message}`];
  if (!handshaken) return ['refused', `refused in the handshake: ${code || error.message}`];
  return ['closed', `the connection was reset: ${code || error.message}`];
}
