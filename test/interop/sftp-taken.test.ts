/* Clients that look at what they have put, against a server whose processing takes each file the moment it is there. */
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type ClientDirectory,
  clientDirectory,
  runClient,
  sftpBatch,
  sha256Of,
  sshOptions,
} from '../sftp/support/programs.js';
import { startTestServer, type TestServer } from '../sftp/support/server.js';
import { describeWith, program } from '../support/needs.js';

const PARAMIKO = `
import sys, paramiko
t = paramiko.Transport(('127.0.0.1', int(sys.argv[1])))
t.connect(username='platform', pkey=paramiko.Ed25519Key.from_private_key_file(sys.argv[2]))
s = paramiko.SFTPClient.from_transport(t)
s.put('a.bin', 'upload/paramiko.bin')
s.utime('upload/paramiko.bin', (1700000000, 1700000000))
t.close()
`;

const needs = ['lftp', 'rclone', 'sftp'].map((name) =>
  program(name, name === 'sftp' ? 'openssh-client' : name),
);
const need = needs.find(({ missing }) => missing !== undefined) ?? { name: 'clients', missing: undefined };
describeWith(need, 'Clients whose files processing takes at once', () => {
  let server: TestServer;
  let client: ClientDirectory;
  before(async () => {
    server = await startTestServer({ takes: true });
    client = clientDirectory(server);
    client.made('a.bin', 300_000);
  });
  after(async () => {
    client.remove();
    await server.close();
  });
  /** Once, whole, and without a second try. */
  async function arrivedOnce(name: string): Promise<void> {
    expect(await sha256Of(join(server.dir, 'taken', name))).to.equal(await sha256Of(client.at('a.bin')));
    expect(server.published.filter(({ path }) => path === `/upload/${name}`).length).to.equal(1);
  }

  it('OpenSSH, with times', async () => {
    const { code, text } = await sftpBatch(server, client, ['put -p a.bin upload/openssh.bin']);
    expect(code, text).to.equal(0);
    await arrivedOnce('openssh.bin');
  });

  it('lftp, which sets the times afterwards', async () => {
    const connect = `set cmd:fail-exit true; set net:max-retries 1;
      set sftp:connect-program "ssh -a -x ${sshOptions(client).join(' ')}"; open sftp://platform:@127.0.0.1:${server.port}`;
    await runClient('lftp', ['-c', `${connect}; put a.bin -o upload/lftp.bin`], { cwd: client.dir });
    await arrivedOnce('lftp.bin');
  });

  it('rclone, which compares the size afterwards', async () => {
    const options = [
      '--sftp-host=127.0.0.1',
      `--sftp-port=${server.port}`,
      '--sftp-user=platform',
      `--sftp-key-file=${client.keyFile}`,
      '--retries=1',
      '--low-level-retries=1',
    ];
    await runClient('rclone', ['copyto', 'a.bin', ':sftp:upload/rclone.bin', ...options], {
      cwd: client.dir,
      env: { RCLONE_CONFIG: client.at('rclone.conf'), HOME: client.dir },
    });
    await arrivedOnce('rclone.bin');
  });

  it('paramiko, whose put asks for the size', async () => {
    const args = ['-c', PARAMIKO, String(server.port), client.keyFile];
    await runClient('/usr/bin/python3', args, { cwd: client.dir });
    await arrivedOnce('paramiko.bin');
  });
});
