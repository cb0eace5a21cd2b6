/* lftp, rclone, curl and paramiko against our server (fault F10). */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { downloadDir, uploadDir } from '../../src/sftp/index.js';
import {
  type ClientDirectory,
  clientDirectory,
  outcomeOf,
  runClient,
  sha256Of,
  sshOptions,
} from '../sftp/support/programs.js';
import { PASSWORD, startTestServer, type TestServer } from '../sftp/support/server.js';
import { describeWith, program } from '../support/needs.js';
import { until } from '../support/until.js';

let server: TestServer;
let client: ClientDirectory;
async function start(): Promise<void> {
  server = await startTestServer();
  client = clientDirectory(server);
}
async function stop(): Promise<void> {
  client.remove();
  await server.close();
}
const arrived = (name: string) => join(uploadDir(server.root, 'platform'), name);
const partial = (name: string) => join(server.root, '.partial', 'platform', name);
const same = async (one: string, other: string) =>
  expect(await sha256Of(one)).to.equal(await sha256Of(other));
function makeMany(name: string, files: number): void {
  mkdirSync(client.at(`${name}/inner`), { recursive: true });
  for (let i = 0; i < files; i += 1) writeFileSync(client.at(`${name}/inner/${i}.txt`), `file ${i}`);
}

describeWith(program('lftp', 'lftp'), 'lftp as client of our SFTP server', () => {
  before(start);
  after(stop);
  const lftp = (commands: string) => [
    '-c',
    `set cmd:fail-exit true; set net:max-retries 1; set sftp:connect-program "ssh -a -x ${sshOptions(client).join(' ')}";
     open sftp://platform:@127.0.0.1:${server.port}; ${commands}`,
  ];

  it('puts, lists, gets, mirrors both ways', async () => {
    client.made('a.bin', 2_000_000);
    makeMany('many', 20);
    const text = await runClient(
      'lftp',
      lftp(
        'cd upload; put a.bin; ls; get a.bin -o back.bin; mirror -R many; mirror many fetched; rm -r many; mv a.bin b.bin',
      ),
      { cwd: client.dir },
    );
    expect(text).to.match(/2000000 .*a\.bin/);
    await same(client.at('back.bin'), client.at('a.bin'));
    await same(arrived('b.bin'), client.at('a.bin'));
    expect(readdirSync(client.at('fetched/inner')).length).to.equal(20);
    expect(readdirSync(arrived('')).sort()).to.deep.equal(['b.bin']);
  });

  it('mirrors in parallel, and a second time has nothing to do', async () => {
    makeMany('par', 60);
    await runClient('lftp', lftp('cd upload; mirror -R --parallel=5 par'), { cwd: client.dir });
    expect(readdirSync(arrived('par/inner')).length).to.equal(60);
    const again = await runClient('lftp', lftp('cd upload; mirror -R --verbose par'), {
      cwd: client.dir,
    });
    expect(again).not.to.match(/Transferring file/);
  });

  it('goes on with an upload after it was killed', async () => {
    client.made('resume.bin', 4_000_000);
    const killer = new AbortController();
    const killed = outcomeOf('lftp', lftp('set net:limit-rate 1000000; cd upload; put resume.bin'), {
      cwd: client.dir,
      signal: killer.signal,
    });
    await until(
      () => (statSync(partial('resume.bin'), { throwIfNoEntry: false })?.size ?? 0) > 300_000,
      30_000,
    );
    killer.abort();
    await killed;
    await runClient('lftp', lftp('cd upload; put -c resume.bin'), { cwd: client.dir });
    await same(arrived('resume.bin'), client.at('resume.bin'));
  });

  it('with a temporary name shows the file under its name alone', async () => {
    await runClient(
      'lftp',
      lftp('set xfer:use-temp-file yes; set xfer:temp-file-name *.tmp; cd upload; put a.bin -o temp.bin'),
      {
        cwd: client.dir,
      },
    );
    await same(arrived('temp.bin'), client.at('a.bin'));
    expect(server.published.at(-1)?.path).to.equal('/upload/temp.bin');
  });
});

describeWith(program('rclone', 'rclone'), 'rclone as client of our SFTP server', () => {
  before(start);
  after(stop);
  const rclone = (...args: string[]) => {
    const options = [
      '--sftp-host=127.0.0.1',
      `--sftp-port=${server.port}`,
      '--sftp-user=platform',
      `--sftp-key-file=${client.keyFile}`,
    ];
    const env = { RCLONE_CONFIG: client.at('rclone.conf'), HOME: client.dir };
    return runClient('rclone', [...args, ...options, '--retries=1', '--low-level-retries=1'], {
      cwd: client.dir,
      env,
    });
  };

  it('copies, checks, lists, moves, deletes', async () => {
    client.made('a.bin', 2_000_000);
    makeMany('many', 30);
    await rclone('copyto', 'a.bin', ':sftp:upload/a.bin');
    await rclone('copyto', ':sftp:upload/a.bin', 'back.bin');
    await same(client.at('back.bin'), client.at('a.bin'));
    await rclone('copy', 'many', ':sftp:upload/many');
    await rclone('check', '--size-only', 'many', ':sftp:upload/many');
    expect(await rclone('lsl', ':sftp:upload')).to.contain('2000000');
    await rclone('moveto', ':sftp:upload/a.bin', ':sftp:upload/b.bin');
    await same(arrived('b.bin'), client.at('a.bin'));
    await rclone('purge', ':sftp:upload/many');
    expect(readdirSync(arrived(''))).to.deep.equal(['b.bin']);
  });

  it('synchronises twice without a second transfer: sizes and times are kept', async () => {
    makeMany('sync', 5);
    await rclone('sync', 'sync', ':sftp:upload/sync');
    const text = await rclone('sync', '-v', 'sync', ':sftp:upload/sync');
    expect(text).to.match(/There was nothing to transfer|Transferred:\s+0 B/);
  });
});

const curlKnowsSftp = (() => {
  const need = program('curl', 'curl');
  return need;
})();
describeWith(curlKnowsSftp, 'curl as client of our SFTP server', () => {
  before(start);
  after(stop);
  const curl = (...args: string[]) =>
    outcomeOf('curl', ['-sS', '-k', '-u', `platform:${PASSWORD}`, ...args], { cwd: client.dir });
  const url = (path: string) => `sftp://127.0.0.1:${server.port}/${path}`;
  const good = async (...args: string[]) => {
    const { code, text } = await curl(...args);
    expect(code, text).to.equal(0);
    return text;
  };

  it('puts, lists, gets, goes on, renames, by password', async () => {
    const { text } = await outcomeOf('curl', ['--version']);
    if (!/\bsftp\b/.test(text)) throw new Error('this curl was built without libssh2');
    const file = client.made('a.bin', 1_500_000);
    await good('-T', 'a.bin', url('upload/a.bin'));
    expect(await good(url('upload/'))).to.match(/1500000 .*a\.bin/);
    await good('-o', 'back.bin', url('upload/a.bin'));
    await same(client.at('back.bin'), file);
    writeFileSync(partial('part.bin'), readFileSync(file).subarray(0, 400_000));
    await good('-C', '400000', '-T', 'a.bin', url('upload/part.bin'));
    await same(arrived('part.bin'), file);
    await good('-Q', '-rename /upload/part.bin /upload/whole.bin', url('upload/'));
    await same(arrived('whole.bin'), file);
    writeFileSync(join(downloadDir(server.root, 'platform'), 'ours.txt'), 'for you');
    expect(await good(url('download/ours.txt'))).to.equal('for you');
    expect((await curl('-T', 'a.bin', url('download/x'))).code).not.to.equal(0);
  });
});

const python = '/usr/bin/python3';
const paramiko = await outcomeOf(python, ['-c', 'import paramiko']).catch(() => ({ code: 1, text: '' }));
describeWith(
  { name: 'paramiko', missing: paramiko.code === 0 ? undefined : 'apt-get install python3-paramiko' },
  'paramiko as client of our SFTP server',
  () => {
    before(start);
    after(stop);

    it('puts with and without waiting, lists, reads ahead, renames, sets times, goes on', async () => {
      client.made('a.bin', 2_000_000);
      writeFileSync(
        client.at('try.py'),
        `
import os, sys, paramiko
port, key = int(sys.argv[1]), sys.argv[2]
t = paramiko.Transport(('127.0.0.1', port))
t.connect(username='platform', pkey=paramiko.Ed25519Key.from_private_key_file(key))
s = paramiko.SFTPClient.from_transport(t)
s.chdir('upload')
s.put('a.bin', 'a.bin')
assert s.stat('a.bin').st_size == 2000000
data = open('a.bin', 'rb').read()
with s.open('piped.bin', 'wb') as f:
    f.set_pipelined(True)
    for i in range(0, len(data), 30000):
        f.write(data[i:i+30000])
s.get('piped.bin', 'back.bin')
assert open('back.bin', 'rb').read() == data
with s.open('piped.bin', 'rb') as f:
    assert [len(x) for x in f.readv([(10, 100), (1999990, 10)])] == [100, 10]
s.rename('piped.bin', 'renamed.bin')
s.posix_rename('renamed.bin', 'a.bin')
s.utime('a.bin', (1700000000, 1700000000))
assert s.stat('a.bin').st_mtime == 1700000000
with s.open('grow.bin', 'w') as f: f.write('one')
with s.open('grow.bin', 'a') as f: f.write('two')
assert s.open('grow.bin').read() == b'onetwo'
assert sorted(s.listdir()) == ['a.bin', 'grow.bin']
refused = [
    lambda: s.symlink('/etc/passwd', 'l'), lambda: s.chmod('a.bin', 0o777), lambda: s.chown('a.bin', 0, 0),
    lambda: s.truncate('a.bin', 1), lambda: s.remove('/download/x'), lambda: s.open('/etc/passwd'),
]
for bad in refused:
    try: bad()
    except IOError: pass
    else: raise Exception('not refused')
f = s.open('resume.bin', 'wb'); f.set_pipelined(False); f.write(data[:1000000]); f.flush()
t.sock.close()
t = paramiko.Transport(('127.0.0.1', port))
t.connect(username='platform', pkey=paramiko.Ed25519Key.from_private_key_file(key))
s = paramiko.SFTPClient.from_transport(t)
size = s.stat('/upload/resume.bin').st_size
assert size == 1000000, size
with s.open('/upload/resume.bin', 'r+b') as f:
    f.seek(size); f.write(data[size:])
s.get('/upload/resume.bin', 'resumed.bin')
assert open('resumed.bin', 'rb').read() == data
t.close()
print('good')
`,
      );
      const text = await runClient(python, ['try.py', String(server.port), client.keyFile], {
        cwd: client.dir,
      });
      expect(text).to.contain('good');
    });
  },
);
