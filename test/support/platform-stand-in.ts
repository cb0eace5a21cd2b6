/* The platform in the turned roles: takes notices (100001) over mutual TLS, and leaves and fetches files over SFTP. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { encodeFrame, FrameDecoder } from '../../src/protocol/index.js';
import { runClient } from '../sftp/support/programs.js';
import type { Body, Head } from './raw-client.js';

export interface Notice {
  readonly serviceCode: string;
  readonly head: Head;
  readonly body: Body;
  /** Common name of the certificate that was shown. */
  readonly from: string;
}
/** What a notice is answered: a code, bytes, nothing at all, or the end of the connection. */
export type Reaction = string | Buffer | 'silence' | 'close';

export interface StandIn {
  readonly port: number;
  /** What came, oldest first. */
  readonly notices: readonly Notice[];
  /** Connections that were begun, also those whose handshake failed. */
  readonly connections: () => number;
  /** Decides from now on. @param number of the notice, from 1 */
  react(how: (notice: Notice, number: number) => Reaction): void;
  stop(): Promise<void>;
}

/** @param tls key and certificate of the platform, and whom it trusts */
export async function startStandIn(tls: {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  readonly ca: string | Buffer;
}): Promise<StandIn> {
  const notices: Notice[] = [];
  const open = new Set<TLSSocket>();
  let connections = 0;
  let react: (notice: Notice, number: number) => Reaction = () => '9999';
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    const decoder = new FrameDecoder();
    socket.on('data', (chunk: Buffer) => {
      for (const event of decoder.push(chunk)) {
        if (event.kind !== 'frame') {
          socket.destroy();
          return;
        }
        const { head, body } = JSON.parse(event.data.toString('utf8')) as { head: Head; body: Body };
        const from = String(socket.getPeerCertificate().subject.CN);
        const notice = { serviceCode: event.serviceCode, head, body, from };
        notices.push(notice);
        answer(socket, notice, react(notice, notices.length));
      }
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    notices,
    connections: () => connections,
    react(how) {
      react = how;
    },
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(socket: TLSSocket, { serviceCode, head }: Notice, reaction: Reaction): void {
  if (reaction === 'silence') return;
  if (reaction === 'close') {
    socket.end();
    return;
  }
  if (typeof reaction !== 'string') {
    socket.end(reaction);
    return;
  }
  const body = { rtnCode: reaction, rtnMsg: reaction === '9999' ? '成功' : '拒绝' };
  socket.end(encodeFrame(serviceCode, Buffer.from(JSON.stringify({ head, body }))));
}

/** Of the notice with this code. */
export const noticeAnswer = (serviceCode: string, body: Body): Buffer =>
  encodeFrame(serviceCode, Buffer.from(JSON.stringify({ head: {}, body })));

/** The platform's account on an SFTP server, used as most platforms do: OpenSSH's client, in batches. */
export function sftpAccount(server: {
  readonly port: number;
  readonly user: string;
  readonly privateKey: string;
}) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-platform-'));
  const key = join(dir, 'key');
  writeFileSync(key, server.privateKey, { mode: 0o600 });
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'IdentitiesOnly=yes',
    `IdentityFile=${key}`,
  ].flatMap((option) => ['-o', option]);
  const batch = (...commands: string[]) =>
    runClient('sftp', [...options, '-P', String(server.port), '-b', '-', `${server.user}@127.0.0.1`], {
      input: `${commands.join('\n')}\n`,
      cwd: dir,
    });
  return {
    /** Under another name first, then renamed, as the platforms do. */
    async upload(name: string, content: string | Buffer): Promise<void> {
      writeFileSync(join(dir, name), content);
      await batch(`put ${name} /upload/${name}.filepart`, `rename /upload/${name}.filepart /upload/${name}`);
    },
    async fetch(path: string): Promise<Buffer> {
      await batch(`get ${path} fetched`);
      return readFileSync(join(dir, 'fetched'));
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
