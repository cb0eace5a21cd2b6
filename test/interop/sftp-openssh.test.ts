/* OpenSSH's sftp and scp against our server, new keys on its demand among it (fault F10). */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { downloadDir, uploadDir } from '../../src/sftp/index.js';
import {
  type ClientDirectory,
  clientDirectory,
  outcomeOf,
  runClient,
  sftpBatch,
  sha256Of,
  sshOptions,
} from '../sftp/support/programs.js';
import { startTestServer, type TestServer } from '../sftp/support/server.js';
import { describeWith, program } from '../support/needs.js';
import { until } from '../support/until.js';

describeWith(program('sftp', 'openssh-client'), 'OpenSSH as client of our SFTP server', () => {
  let server: TestServer;
  let client: ClientDirectory;
  before(async () => {
    server = await startTestServer({ settings: { nistCurves: 'always' } });
    client = clientDirectory(server);
  });
  after(async () => {
    client.remove();
    await server.close();
  });
  const good = async (...commands: string[]) => {
    const { code, text } = await sftpBatch(server, client, commands);
    expect(code, text).to.equal(0);
    return text;
  };
  const arrived = (name: string) => join(uploadDir(server.root, 'platform'), name);

  it('puts, lists, gets, renames, removes', async () => {
    const file = client.made('a.bin', 3_000_000);
    const text = await good(
      'cd upload',
      'put a.bin',
      'ls -la',
      'get a.bin back.bin',
      'rename a.bin b.bin',
      'mkdir d',
      'rename b.bin d/c.bin',
      'ls -l d',
      'rm d/c.bin',
      'rmdir d',
      'pwd',
    );
    expect(text).to.match(/3000000 .* a\.bin/);
    expect(text).to.contain('Remote working directory: /upload');
    expect(await sha256Of(client.at('back.bin'))).to.equal(await sha256Of(file));
  });

  it('puts with times, and whole directories both ways', async () => {
    mkdirSync(client.at('many/inner'), { recursive: true });
    for (let i = 0; i < 20; i += 1) writeFileSync(client.at(`many/inner/${i}.txt`), `file ${i}`);
    await good('put -pR many upload/', 'get -pR upload/many fetched', 'put -fp a.bin upload/synced.bin');
    expect(readFileSync(client.at('fetched/inner/19.txt'), 'utf8')).to.equal('file 19');
    const [ours, theirs] = [statSync(arrived('synced.bin')), statSync(client.at('a.bin'))];
    expect(Math.floor(ours.mtimeMs / 1000)).to.equal(Math.floor(theirs.mtimeMs / 1000));
  });

  it('reads what lies in download, and cannot change it', async () => {
    writeFileSync(join(downloadDir(server.root, 'platform'), 'ours.txt'), 'for you');
    await good('get download/ours.txt');
    expect(readFileSync(client.at('ours.txt'), 'utf8')).to.equal('for you');
    for (const command of [
      'rm download/ours.txt',
      'put a.bin download/x',
      'put a.bin archive/x',
      'put a.bin x',
      'mkdir x',
    ]) {
      const { code, text } = await sftpBatch(server, client, [command]);
      expect(code, command).to.equal(1);
      expect(text).to.match(/Permission denied/i);
    }
  });

  it('cannot link, change rights, or leave its tree', async () => {
    for (const command of [
      'symlink a b',
      'ln a b',
      'chmod 777 upload',
      'get /etc/passwd',
      'get ../../../../etc/passwd',
    ]) {
      expect((await sftpBatch(server, client, [command])).code, command).to.equal(1);
    }
  });

  it('goes on with an upload after it was killed', async () => {
    const file = client.made('resume.bin', 6_000_000);
    const killer = new AbortController();
    // 8 Mbit/s: the file would take six seconds.
    const killed = sftpBatch(server, client, ['put resume.bin upload/resume.bin'], {
      args: ['-l', '8000'],
      signal: killer.signal,
    });
    const partial = join(server.root, '.partial', 'platform', 'resume.bin');
    await until(() => (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > 500_000, 30_000);
    killer.abort();
    await killed;
    const text = await good('ls -l upload', 'reput resume.bin upload/resume.bin');
    expect(text).to.match(/ [1-5]?\d{6} .*resume\.bin/);
    expect(await sha256Of(arrived('resume.bin'))).to.equal(await sha256Of(file));
  });

  it('goes on with a download', async () => {
    const whole = readFileSync(arrived('resume.bin'));
    writeFileSync(client.at('part.bin'), whole.subarray(0, 1_000_001));
    await good('reget upload/resume.bin part.bin');
    expect(await sha256Of(client.at('part.bin'))).to.equal(await sha256Of(arrived('resume.bin')));
  });

  it('scp copies both ways, over SFTP', async () => {
    const args = [...sshOptions(client), '-P', String(server.port)];
    expect(
      await runClient('scp', [...args, client.at('a.bin'), 'platform@127.0.0.1:upload/scp.bin']),
    ).to.equal('');
    // Several times: scp cuts a file off where two answers have changed places, which is a matter of luck.
    for (let i = 0; i < 5; i += 1) {
      await runClient('scp', [...args, 'platform@127.0.0.1:upload/scp.bin', client.at('scp.back')]);
      expect(await sha256Of(client.at('scp.back'))).to.equal(await sha256Of(client.at('a.bin')));
    }
  });

  it('scp puts a shorter file over a longer one, and nothing of that is left', async () => {
    client.made('short.bin', 1_000);
    const args = [...sshOptions(client), '-P', String(server.port)];
    await runClient('scp', [...args, client.at('short.bin'), 'platform@127.0.0.1:upload/scp.bin']);
    expect(await sha256Of(arrived('scp.bin'))).to.equal(await sha256Of(client.at('short.bin')));
  });

  it('gets no shell, no command, no forwarding', async () => {
    const args = [...sshOptions(client), '-p', String(server.port), 'platform@127.0.0.1'];
    expect((await outcomeOf('ssh', [...args, 'id'])).code).not.to.equal(0);
    expect((await outcomeOf('ssh', ['-tt', ...args])).code).not.to.equal(0);
    const forward = await outcomeOf('ssh', ['-W', '127.0.0.1:22', ...args]);
    expect(forward.code).not.to.equal(0);
    expect(forward.text).not.to.contain('SSH-2.0-OpenSSH');
  });

  for (const option of [
    'HostKeyAlgorithms=ssh-ed25519',
    'HostKeyAlgorithms=ecdsa-sha2-nistp256',
    'HostKeyAlgorithms=rsa-sha2-512',
    'HostKeyAlgorithms=rsa-sha2-256',
    'KexAlgorithms=curve25519-sha256',
    'KexAlgorithms=ecdh-sha2-nistp256',
    'KexAlgorithms=diffie-hellman-group16-sha512',
    'Ciphers=aes128-gcm@openssh.com',
    'Ciphers=aes256-gcm@openssh.com',
    'Ciphers=aes128-ctr',
    'Ciphers=aes256-ctr',
    'MACs=hmac-sha2-256-etm@openssh.com',
    'MACs=hmac-sha2-512',
  ]) {
    it(`connects with ${option}`, async () => {
      const extra = option.startsWith('MACs') ? ['-o', 'Ciphers=aes128-ctr'] : [];
      const { code, text } = await sftpBatch(server, client, ['put a.bin upload/alg.bin'], {
        args: ['-o', option, ...extra],
      });
      expect(code, text).to.equal(0);
    });
  }
  for (const option of [
    'HostKeyAlgorithms=ssh-rsa',
    'KexAlgorithms=diffie-hellman-group14-sha1',
    'Ciphers=aes128-cbc',
    'MACs=hmac-sha1',
  ]) {
    it(`is refused with ${option}`, async () => {
      const extra = option.startsWith('MACs') ? ['-o', 'Ciphers=aes128-ctr'] : [];
      const { code, text } = await sftpBatch(server, client, ['pwd'], { args: ['-o', option, ...extra] });
      expect(code).not.to.equal(0);
      expect(text).to.match(/no matching|closed/);
    });
  }

  it('exchanges new keys as often as it likes', async () => {
    const { code, text } = await sftpBatch(
      server,
      client,
      ['put a.bin upload/rekey.bin', 'get upload/rekey.bin rekey.back'],
      {
        args: ['-o', 'RekeyLimit=300K'],
      },
    );
    expect(code, text).to.equal(0);
    expect(await sha256Of(client.at('rekey.back'))).to.equal(await sha256Of(client.at('a.bin')));
  });
});
