/*
 * Many files, large files, far offsets, many clients, with OpenSSH, JSch and paramiko. `npm run test:sftp-long` runs it in the sizes of
 * the promise: 1000 files, 1 GiB, 2 GiB and more; npm test in small ones (fault F10).
 */
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { downloadDir, partialDir, uploadDir } from '../../src/sftp/index.js';
import {
  type ClientDirectory,
  clientDirectory,
  runClient,
  sftpBatch,
  sha256Of,
} from '../sftp/support/programs.js';
import { PASSWORD, startTestServer, type TestServer } from '../sftp/support/server.js';
import { describeWith, program } from '../support/needs.js';
import { until } from '../support/until.js';

const LONG = process.env.SLUICE_LONG === '1';
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const MANY = LONG ? 1_000 : 40;
const LARGE = LONG ? GIB : 8 * MIB;
const EACH = LONG ? 64 * MIB : MIB;
const TIMEOUT_MS = LONG ? 1_200_000 : 60_000;

describeWith(program('sftp', 'openssh-client'), 'SFTP sizes and numbers', () => {
  let server: TestServer;
  let client: ClientDirectory;
  before(async () => {
    server = await startTestServer();
    client = clientDirectory(server);
  });
  after(async () => {
    client.remove();
    await server.close();
  }).timeout(TIMEOUT_MS);
  const arrived = (name: string) => join(uploadDir(server.root, 'platform'), name);
  const partial = (name: string) => join(partialDir(server.root, 'platform'), name);
  const good = async (...commands: string[]) => {
    const begun = process.hrtime.bigint();
    const { code, text } = await sftpBatch(server, client, commands);
    expect(code, text).to.equal(0);
    told(commands.join('; '), begun);
  };
  /** How long it took, where that is what one wants to know. */
  const told = (what: string, begun: bigint) => {
    if (LONG) console.log(`      ${what}: ${(Number(process.hrtime.bigint() - begun) / 1e9).toFixed(1)} s`);
  };
  /** A file of random bytes, made in parts. */
  async function large(name: string, bytes: number): Promise<string> {
    const part = client.made('part', Math.min(bytes, 64 * MIB));
    const loop = `while [ $(stat -c %s '${name}') -lt ${bytes} ]; do cat '${part}' >> '${name}'; date +%N >> '${name}'; done`;
    await runClient('sh', ['-c', `: > '${name}'; ${loop}; truncate -s ${bytes} '${name}'; rm '${part}'`], {
      cwd: client.dir,
    });
    return client.at(name);
  }

  it(`${MANY} small files up and down, each the same`, async () => {
    mkdirSync(client.at('many'));
    for (let i = 0; i < MANY; i += 1) writeFileSync(client.at(`many/${i}.txt`), `${i}\n`.repeat(i));
    await good('put -R many upload/', 'get -R upload/many back');
    expect(readdirSync(client.at('back')).length).to.equal(MANY);
    await runClient('diff', ['-r', 'many', 'back'], { cwd: client.dir });
    await runClient('diff', ['-r', client.at('many'), arrived('many')]);
  }).timeout(TIMEOUT_MS);

  it(`a file of ${LARGE / MIB} MiB up and down, with OpenSSH`, async () => {
    const sum = await sha256Of(await large('large', LARGE));
    await good('put large upload/large');
    await good('get upload/large large.back');
    for (const file of [arrived('large'), client.at('large.back')])
      expect(await sha256Of(file)).to.equal(sum);
  }).timeout(TIMEOUT_MS);

  it('goes on where the connection was cut, again and again', async () => {
    const sum = await sha256Of(await large('cut', LARGE));
    let cuts = 0;
    // Far from the end: on a busy machine we notice late how far it is.
    for (const share of LONG ? [0.2, 0.4, 0.6] : [0.1, 0.3]) {
      const putting = sftpBatch(server, client, [`${cuts === 0 ? 'put' : 'reput'} cut upload/cut`], {
        args: LONG ? [] : ['-l', '10000'],
      });
      await until(
        () => (statSync(partial('cut'), { throwIfNoEntry: false })?.size ?? 0) >= LARGE * share,
        120_000,
      );
      for (const { id } of await server.server.sessions()) await server.server.kick(id);
      expect((await putting).code).not.to.equal(0);
      expect(existsSync(arrived('cut'))).to.equal(false);
      await until(async () => (await server.server.sessions()).length === 0);
      cuts += 1;
    }
    await good('reput cut upload/cut');
    expect(await sha256Of(arrived('cut'))).to.equal(sum);
  }).timeout(TIMEOUT_MS);

  it('ten clients at once, each its own file both ways', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `client${i}`);
    for (const name of names) await large(name, EACH);
    const begun = process.hrtime.bigint();
    const outcomes = await Promise.all(
      names.map((name) =>
        sftpBatch(server, client, [`put ${name} upload/${name}`, `get upload/${name} ${name}.back`]),
      ),
    );
    told('ten clients', begun);
    for (const [i, { code, text }] of outcomes.entries()) {
      expect(code, text).to.equal(0);
      expect(await sha256Of(client.at(`client${i}.back`))).to.equal(await sha256Of(client.at(`client${i}`)));
    }
  }).timeout(TIMEOUT_MS);

  /** The last bytes of a file of any size. */
  async function tail(file: string, bytes: number): Promise<string> {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, size - bytes);
      return buffer.toString('latin1');
    } finally {
      await handle.close();
    }
  }
  function withHole(file: string, hole: number): void {
    writeFileSync(file, '');
    truncateSync(file, hole);
  }

  it('offsets beyond 2^31 and 2^32 are read and written where they belong', async () => {
    const end = 'the end of a long file'.repeat(1_000);
    const far = join(downloadDir(server.root, 'platform'), 'far.bin');
    withHole(far, 5 * GIB);
    writeFileSync(far, end, { flag: 'a' });
    withHole(client.at('far.bin'), 5 * GIB);
    await good('reget download/far.bin far.bin');
    expect(statSync(client.at('far.bin')).size).to.equal(5 * GIB + end.length);
    expect(await tail(client.at('far.bin'), end.length)).to.equal(end);

    for (const file of [client.at('long.bin'), partial('long.bin')]) withHole(file, 3 * GIB);
    writeFileSync(client.at('long.bin'), end, { flag: 'a' });
    await good('reput long.bin upload/long.bin');
    expect(statSync(arrived('long.bin')).size).to.equal(3 * GIB + end.length);
    expect(await tail(arrived('long.bin'), end.length)).to.equal(end);
  }).timeout(TIMEOUT_MS);

  if (!LONG) return;

  it('a file of 2.5 GiB, sent whole', async () => {
    const sum = await sha256Of(await large('huge', 2.5 * GIB));
    await good('put huge upload/huge');
    expect(await sha256Of(arrived('huge'))).to.equal(sum);
    await good('get upload/huge huge.back');
    expect(await sha256Of(client.at('huge.back'))).to.equal(sum);
    await good('rm upload/huge');
  }).timeout(TIMEOUT_MS);

  it('100,000 entries, listed by OpenSSH', async () => {
    const dir = join(downloadDir(server.root, 'platform'), 'list');
    mkdirSync(dir);
    await runClient('sh', ['-c', 'seq -f "f%06g.txt" 1 100000 | xargs touch'], { cwd: dir });
    const begun = process.hrtime.bigint();
    const { code, text } = await sftpBatch(server, client, ['ls -1 download/list']);
    told('ls of 100,000', begun);
    expect(code).to.equal(0);
    expect(text.match(/f\d{6}\.txt$/gm)?.length).to.equal(100_000);
  }).timeout(TIMEOUT_MS);

  it('1 GiB up and down with paramiko', async () => {
    const sum = await sha256Of(await large('py', LARGE));
    const begun = process.hrtime.bigint();
    await runClient('/usr/bin/python3', ['-c', PARAMIKO, String(server.port), client.keyFile], {
      cwd: client.dir,
    });
    told('paramiko', begun);
    for (const file of [arrived('py'), client.at('py.back')]) expect(await sha256Of(file)).to.equal(sum);
  }).timeout(TIMEOUT_MS);

  it('1 GiB up and down with JSch', async () => {
    const sum = await sha256Of(await large('java', LARGE));
    writeFileSync(client.at('Large.java'), JSCH);
    const jar = '/usr/share/java/jsch.jar';
    await runClient('javac', ['-cp', jar, 'Large.java'], { cwd: client.dir });
    const begun = process.hrtime.bigint();
    await runClient('java', ['-cp', `${jar}:.`, 'Large', String(server.port), PASSWORD], { cwd: client.dir });
    told('JSch', begun);
    for (const file of [arrived('java'), client.at('java.back')]) expect(await sha256Of(file)).to.equal(sum);
  }).timeout(TIMEOUT_MS);
});

const PARAMIKO = `
import sys, paramiko
t = paramiko.Transport(('127.0.0.1', int(sys.argv[1])))
t.connect(username='platform', pkey=paramiko.Ed25519Key.from_private_key_file(sys.argv[2]))
s = paramiko.SFTPClient.from_transport(t)
s.put('py', 'upload/py')
s.get('upload/py', 'py.back')
t.close()
`;
const JSCH = `
import com.jcraft.jsch.*;
public class Large {
  public static void main(String[] a) throws Exception {
    Session session = new JSch().getSession("platform", "127.0.0.1", Integer.parseInt(a[0]));
    session.setPassword(a[1]);
    session.setConfig("StrictHostKeyChecking", "no");
    session.connect(20000);
    ChannelSftp sftp = (ChannelSftp) session.openChannel("sftp");
    sftp.connect(10000);
    sftp.put("java", "upload/java");
    sftp.get("upload/java", "java.back");
    session.disconnect();
  }
}
`;
