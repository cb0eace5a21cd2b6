/* Plays the platform: one mutual-TLS connection, one request frame, one answer frame (spec "Connection"). */
import { type ConnectionOptions, connect, type SecureContextOptions } from 'node:tls';
import { encodeFrame, FrameDecoder } from '../protocol/index.js';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** Our certificate and key, and whom we trust. The host name is never checked (spec). */
  readonly tls: SecureContextOptions;
  /** ms from connect to the whole answer. */
  readonly timeoutMs: number;
}
export type Answer =
  | {
      readonly kind: 'answer';
      readonly serviceCode: string;
      readonly data: Buffer;
      readonly frame: Buffer;
      readonly ms: number;
    }
  /** The connection ended, or nothing came in time; `reason` says which. */
  | { readonly kind: 'no-answer'; readonly reason: string; readonly bytes: Buffer };

const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Sends the bytes as they are, and waits for one answer frame or the end. Never rejects. */
export function sendBytes(target: Target, bytes: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    const started = performance.now();
    const chunks: Buffer[] = [];
    const decoder = new FrameDecoder({ dataBytesMax: ANSWER_BYTES_MAX });
    const options: ConnectionOptions = {
      ...target.tls,
      host: target.host,
      port: target.port,
      rejectUnauthorized: true,
      checkServerIdentity: () => undefined,
    };
    const socket = connect(options);
    const finish = (answer: Answer) => {
      socket.destroy();
      resolve(answer);
    };
    const silence = (reason: string) => finish({ kind: 'no-answer', reason, bytes: Buffer.concat(chunks) });
    socket.setTimeout(target.timeoutMs, () => silence(`no answer within ${target.timeoutMs} ms`));
    socket.on('error', (error) => silence(error.message));
    socket.on('end', () => silence('closed without an answer'));
    socket.on('close', () => silence('closed without an answer'));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const [event] = decoder.push(chunk);
      if (event?.kind === 'fault') return silence(`the answer is not a frame (${event.fault})`);
      if (event?.kind !== 'frame') return;
      finish({
        kind: 'answer',
        serviceCode: event.serviceCode,
        data: event.data,
        frame: encodeFrame(event.serviceCode, event.data),
        ms: performance.now() - started,
      });
    });
    socket.on('secureConnect', () => socket.write(bytes));
  });
}
