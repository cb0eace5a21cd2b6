/** Clients that nobody here wrote talk to the gateway over mutual TLS, with the captured frames. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FrameDecoder } from '../../src/protocol/index.js';
import { messageFixture } from '../support/fixtures.js';
import { demoDirectory, type Gateway, startGateway } from '../support/gateway.js';
import { describeWith, program } from '../support/needs.js';
import { run } from '../support/programs.js';

const query = Buffer.from(messageFixture('01').frameHex, 'hex');
const python = `
import socket, ssl, sys
certs, port = sys.argv[1], int(sys.argv[2])
context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=certs + '/ca.crt')
context.check_hostname = False
context.load_cert_chain(certs + '/platform.crt', certs + '/platform.key')
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, sys.argv[3])
frame = sys.stdin.buffer.read()
with socket.create_connection(('127.0.0.1', port), timeout=20) as raw, context.wrap_socket(raw) as tls:
    tls.sendall(frame)
    while chunk := tls.recv(4096):
        sys.stdout.buffer.write(chunk)
`;

/** What a program printed, as bytes. Nothing is read from the gateway until the program ends. */
async function bytesFrom(
  command: string,
  args: readonly string[],
  input: Buffer,
  hold = false,
): Promise<Buffer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stdin.on('error', () => {});
  if (hold) child.stdin.write(input);
  else child.stdin.end(input);
  await once(child, 'close');
  if (chunks.length === 0) throw new Error(`${command} got nothing: ${said}`);
  return Buffer.concat(chunks);
}
function codeIn(bytes: Buffer): string {
  const [event] = new FrameDecoder().push(bytes);
  if (event?.kind !== 'frame') throw new Error(`no frame in ${bytes.toString('latin1').slice(0, 200)}`);
  return JSON.parse(event.data.toString('utf8')).body.rtnCode;
}
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
  }
}
/** Asks in plain text through a program that speaks TLS for it. */
async function askPlain(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(query);
  await once(socket, 'close');
  return codeIn(Buffer.concat(chunks));
}

describe('interop: the platform socket', function () {
  this.timeout(60_000);
  let gateway: Gateway;
  let remove: () => void;
  let scratch: string;
  before(async () => {
    const made = await demoDirectory();
    remove = made.remove;
    gateway = await startGateway(made.dir);
    scratch = mkdtempSync(join(tmpdir(), 'sluice-interop-'));
  });
  after(async () => {
    await gateway?.stop();
    remove?.();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });
  const cert = (name: string) => join(gateway.dir, 'certs', name);
  const identity = () => [
    '-cert',
    cert('platform.crt'),
    '-key',
    cert('platform.key'),
    '-CAfile',
    cert('ca.crt'),
  ];

  describeWith(program('openssl', 'openssl'), 'openssl s_client', () => {
    for (const version of ['-tls1_2', '-tls1_3']) {
      it(`gets the answer frame to a captured frame piped in (${version})`, async () => {
        const args = [
          's_client',
          '-quiet',
          '-no_ign_eof',
          '-connect',
          `127.0.0.1:${gateway.port}`,
          version,
          ...identity(),
        ];
        // It ends with its input, so the input stays open until the gateway closes.
        expect(codeIn(await bytesFrom('openssl', args, query, true))).equals('9999');
      });
    }
    it('finds the same frame in the .hex files, as hex text for xxd -r -p', async () => {
      const hex = readFileSync('fixtures/messages/01-arrears-query-captured-2017.hex', 'utf8');
      expect(hex.trim()).equals(query.toString('hex'));
    });
    it('is refused without a certificate', async () => {
      const args = ['s_client', '-quiet', '-connect', `127.0.0.1:${gateway.port}`, '-CAfile', cert('ca.crt')];
      const answer = await bytesFrom('openssl', args, query, true).catch(() => Buffer.alloc(0));
      expect(answer.length).equals(0);
    });
  });

  describeWith(program('/usr/bin/python3', 'python3'), 'Python ssl', () => {
    for (const version of ['TLSv1_2', 'TLSv1_3']) {
      it(`gets the answer frame (${version})`, async () => {
        const args = ['-c', python, join(gateway.dir, 'certs'), String(gateway.port), version];
        expect(codeIn(await bytesFrom('/usr/bin/python3', args, query))).equals('9999');
      });
    }
  });

  describeWith(program('javac', 'default-jdk-headless'), 'Java with JKS key stores', () => {
    it('gets the whole answer in one 36,000-byte read', async () => {
      run('javac', ['-d', scratch, join(import.meta.dirname, '../support/java/Ask.java')]);
      const [keys, trust] = [join(scratch, 'kclient.keystore'), join(scratch, 'tclient.keystore')];
      const store = [
        '-deststoretype',
        'JKS',
        '-deststorepass',
        'changeit',
        '-destkeypass',
        'changeit',
        '-noprompt',
      ];
      const from = [
        '-srckeystore',
        cert('platform.p12'),
        '-srcstoretype',
        'PKCS12',
        '-srcstorepass',
        'sluice-demo',
      ];
      run('keytool', ['-importkeystore', ...from, '-destkeystore', keys, ...store]);
      const ca = [
        '-alias',
        'ca',
        '-file',
        cert('ca.crt'),
        '-storepass',
        'changeit',
        '-storetype',
        'JKS',
        '-noprompt',
      ];
      run('keytool', ['-importcert', ...ca, '-keystore', trust]);
      const data = join(scratch, 'data.json');
      writeFileSync(data, messageFixture('04').data);
      const answer = run('java', [
        '-cp',
        scratch,
        'Ask',
        keys,
        trust,
        'changeit',
        String(gateway.port),
        '200001',
        data,
      ]);
      expect(JSON.parse(answer).body).include({ rtnCode: '9999', totalOweAmt: '63.70' });
    });
  });

  describeWith(program('socat', 'socat'), 'socat in between', () => {
    it('carries a plain request to the gateway and the answer back', async () => {
      const port = await freePort();
      const tls = `OPENSSL:127.0.0.1:${gateway.port},cert=${cert('platform.crt')},key=${cert('platform.key')},cafile=${cert('ca.crt')},commonname=sluice-demo`;
      const child = spawn('socat', [`TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`, tls], {
        stdio: 'ignore',
      });
      try {
        await listening(port);
        expect(await askPlain(port)).equals('9999');
      } finally {
        child.kill();
      }
    });
  });

  describeWith(program('stunnel4', 'stunnel4'), 'stunnel in between', () => {
    it('carries a plain request to the gateway and the answer back', async () => {
      const port = await freePort();
      const file = join(scratch, 'stunnel.conf');
      const files = `cert=${cert('platform.crt')}\nkey=${cert('platform.key')}\nCAfile=${cert('ca.crt')}\nverifyChain=yes\n`;
      const service = `[platform]\nclient=yes\naccept=127.0.0.1:${port}\nconnect=127.0.0.1:${gateway.port}\n${files}`;
      writeFileSync(file, `foreground=yes\npid=\n${service}`);
      const child = spawn('stunnel4', [file], { stdio: 'ignore' });
      try {
        await listening(port);
        expect(await askPlain(port)).equals('9999');
      } finally {
        child.kill();
      }
    });
  });
});
