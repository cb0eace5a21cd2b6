/* A gateway that cannot start says what is wrong and what to do, in a sentence, and exits with a code (faults S9). */
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSign } from '../../src/pki/index.js';
import { demoDirectory, sluice, startGateway } from '../support/gateway.js';

describe('a gateway that cannot start', () => {
  let dir: string;
  let remove: () => void;
  before(async () => {
    ({ dir, remove } = await demoDirectory());
  });
  after(() => remove());

  /** What it says when this has been done to its directory, which is put right again afterwards. */
  async function refusal(
    file: string,
    spoil: (path: string) => void | Promise<void>,
    env: NodeJS.ProcessEnv = {},
  ) {
    const path = join(dir, file);
    const kept = `${path}.kept`;
    copyFileSync(path, kept);
    try {
      await spoil(path);
      return await refused(env);
    } finally {
      rmSync(path, { force: true });
      copyFileSync(kept, path);
    }
  }
  async function refused(env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { code, stderr } = await sluice(['serve', '--dir', dir], {
      SLUICE_PORT: '0',
      SLUICE_SFTP_PORT: '0',
      ...env,
    });
    expect(code, stderr).to.equal(1);
    expect(stderr, 'no stack trace').not.to.match(/\n\s+at /);
    expect(stderr, 'what to do').to.match(/\n {2}→ \S/);
    return stderr;
  }
  const edit = (from: string | RegExp, to: string) => (path: string) =>
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));

  it('names file, line and allowed values of a wrong setting', async () => {
    const said = await refusal('sluice.yaml', edit('amountRule: "any"', 'amountRule: "some"'));
    expect(said).to.match(
      /sluice\.yaml:\d+: units\.\d+\.dialect\.amountRule: allowed are atLeastDue, exact, any/,
    );
  });
  it('names an unknown setting', async () => {
    expect(await refusal('sluice.yaml', edit('port: 1224', 'prot: 1224'))).to.contain('unknown setting prot');
  });
  it('names the line that is no YAML', async () => {
    expect(await refusal('sluice.yaml', edit('server:', 'server: [\n'))).to.match(
      /sluice\.yaml:\d+: not valid YAML/,
    );
  });
  it('names a configuration that is not there', async () => {
    expect(await refusal('sluice.yaml', (path) => rmSync(path))).to.contain('there is no configuration');
  });
  it('names a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    expect(await refused({ SLUICE_PORT: String(port) })).to.contain(`port ${port} on 127.0.0.1 is taken`);
    other.close();
  });
  it('names an address that is not of this machine', async () => {
    expect(await refused({ SLUICE_HOST: '198.51.100.1' })).to.contain('cannot listen on 198.51.100.1');
  });
  it('names a port number that is none', async () => {
    expect(await refused({ SLUICE_PORT: '70000x' })).to.contain('SLUICE_PORT is not a port number');
  });
  it('names a certificate or a key that is missing', async () => {
    expect(await refusal('certs/server.crt', (path) => rmSync(path))).to.contain('there is no certificate');
    expect(await refusal('certs/server.key', (path) => rmSync(path))).to.contain('there is no key');
  });
  it('names a certificate that is none', async () => {
    expect(await refusal('certs/server.crt', (path) => writeFileSync(path, 'nonsense'))).to.contain(
      'server.crt',
    );
  });
  it('names a key that belongs to another certificate', async () => {
    const other = await selfSign({
      subject: 'x',
      usage: 'both',
      keyType: 'ecdsa-p256',
      days: 1,
      now: Date.now(),
    });
    const said = await refusal('certs/server.key', (path) => writeFileSync(path, other.keyPem));
    expect(said).to.contain('does not belong to the certificate');
  });
  it('names an expired certificate', async () => {
    const { certPem, keyPem } = await selfSign({
      subject: 'old',
      usage: 'both',
      keyType: 'ecdsa-p256',
      days: 1,
      now: Date.now() - 10 * 86_400_000,
    });
    const said = await refusal('certs/server.crt', (path) => {
      writeFileSync(path, certPem);
      writeFileSync(join(dir, 'certs', 'server.key.new'), keyPem);
      renameSync(join(dir, 'certs', 'server.key'), join(dir, 'certs', 'server.key.old'));
      renameSync(join(dir, 'certs', 'server.key.new'), join(dir, 'certs', 'server.key'));
    });
    renameSync(join(dir, 'certs', 'server.key.old'), join(dir, 'certs', 'server.key'));
    expect(said).to.contain('expired');
  });
  it('names a database that another process has locked', async () => {
    const { default: Sqlite } = await import('better-sqlite3');
    const locker = new Sqlite(join(dir, 'revenue.sqlite'));
    locker.exec('begin exclusive');
    try {
      expect(await refused()).to.match(/database|locked/);
    } finally {
      locker.close();
    }
  }).timeout(30_000);
  it('names a database that is none', async () => {
    const said = await refusal('revenue.sqlite', (path) => {
      writeFileSync(path, 'this is no database, whatever its name says'.repeat(100));
    });
    expect(said).to.contain('revenue.sqlite');
  });

  it('starts again once all is put right', async () => {
    chmodSync(join(dir, 'certs', 'server.key'), 0o600);
    const gateway = await startGateway(dir);
    expect(await gateway.stop()).to.equal(0);
  });
});
