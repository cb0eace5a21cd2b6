/* A bare TLS client: sends what it is told, collects what comes, and says how the connection ended. */
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { FrameDecoder } from '../../src/protocol/index.js';

export interface RawClient {
  readonly socket: TLSSocket;
  /** All bytes that came until the server ended or cut the connection. */
  closed(): Promise<Buffer>;
  /** Resolves once so many whole answer frames have come. */
  answers(count: number): Promise<readonly { serviceCode: string; head: Head; body: Body }[]>;
}
export type Head = Record<string, string>;
export type Body = Record<string, unknown>;

/** Connects and resolves after the handshake. */
export async function rawClient(options: ConnectionOptions): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', checkServerIdentity: () => undefined, ...options });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  const gone = new Promise<Buffer>((resolve) => socket.once('close', () => resolve(Buffer.concat(chunks))));
  await Promise.race([once(socket, 'secureConnect'), gone]);
  if (socket.destroyed) throw new Error('closed during the handshake');
  return {
    socket,
    closed: () => gone,
    async answers(count) {
      for (;;) {
        const found = framesOf(Buffer.concat(chunks));
        if (found.length >= count) return found;
        if (socket.destroyed) throw new Error(`closed after ${found.length} of ${count} answers`);
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
    },
  };
}

/** The answer frames in these bytes. */
export function framesOf(bytes: Buffer): { serviceCode: string; head: Head; body: Body }[] {
  return new FrameDecoder().push(Buffer.from(bytes)).flatMap((event) => {
    if (event.kind === 'fault') throw new Error(`the answer is no frame: ${event.detail}`);
    const { head, body } = JSON.parse(event.data.toString('utf8')) as { head: Head; body: Body };
    return [{ serviceCode: event.serviceCode, head, body }];
  });
}
