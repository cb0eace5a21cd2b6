import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DoctorFinding } from '../../src/doctor.js';
import { clockState } from '../../src/doctor-clock.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoDirectory } from '../support/gateway.js';

describe('sluice doctor', function () {
  this.timeout(60_000);
  let dir: string;
  let remove: () => void;
  before(async () => {
    ({ dir, remove } = await demoDirectory());
  });
  after(() => remove());
  const env = { SLUICE_PORT: '0', SLUICE_SFTP_PORT: '0', SLUICE_METRICS_PORT: '0' };
  async function examined(more: NodeJS.ProcessEnv = {}): Promise<{ code: number; bad: DoctorFinding[] }> {
    const { code, stdout } = await sluice(['doctor', '--json', '--dir', dir], { ...env, ...more });
    const findings = JSON.parse(stdout) as DoctorFinding[];
    // What this machine is like: its clock, and who runs the tests.
    const ofMachine = /^(clock|user) /;
    return { code, bad: findings.filter(({ level, what }) => level !== 'ok' && !ofMachine.test(what)) };
  }

  it('finds nothing wrong with a fresh demo', async () => {
    expect((await examined()).bad).to.deep.equal([]);
  });
  it('finds a key that others can read, and says how to close it', async () => {
    chmodSync(join(dir, 'certs', 'server.key'), 0o644);
    const { code, bad } = await examined();
    chmodSync(join(dir, 'certs', 'server.key'), 0o600);
    expect(code).to.equal(2);
    expect(bad.map(({ next }) => next).join()).to.contain('chmod 600');
  });
  it('finds a port that another process holds', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const { code, bad } = await examined({ SLUICE_PORT: String(port) });
    other.close();
    expect(code).to.equal(2);
    expect(bad.map(({ found }) => found).join()).to.contain(`:${port} (EADDRINUSE)`);
  });
  /** A time service that says this, before all others of the machine. */
  const pathWith = (chronyc: string) => {
    const bin = join(dir, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'chronyc'), `#!/bin/sh\necho '${chronyc}'\n`, { mode: 0o755 });
    return `${bin}:${process.env.PATH}`;
  };
  const tracking = (offset: string, leap: string) =>
    `A29FC87B,162.159.200.123,4,1700000000.1,${offset},0.000001,0.00002,1.1,0.0,0.01,0.03,0.001,64.2,${leap}`;
  it('looks at everything that was promised, in one table', async () => {
    const more = { ...env, PATH: pathWith(tracking('12.5', 'Normal')) };
    const { code, stdout } = await sluice(['doctor', '--dir', dir], more);
    for (const what of [
      'configuration',
      'server.key',
      'files',
      'disk',
      'descriptors',
      'user',
      'clock',
      'chronyc: synchronized, 12500.0 ms off',
      'time zone',
      'exchange directory',
      'port platform',
      'port sftp',
      'port metrics',
      'charsets',
      'database sqlite',
      'names in the database',
    ])
      expect(stdout).to.contain(what);
    expect(code, 'a clock that is 12 s off is critical').to.equal(2);
  });
  it('reads what the time service of the machine says', async () => {
    const path = process.env.PATH;
    try {
      process.env.PATH = pathWith(tracking('-0.000123', 'Normal'));
      expect(await clockState()).to.deep.equal({ kind: 'synchronized', offsetS: -0.000123, by: 'chronyc' });
      process.env.PATH = pathWith(tracking('0', 'Not synchronised'));
      expect(await clockState()).to.deep.equal({ kind: 'not-synchronized', by: 'chronyc' });
    } finally {
      process.env.PATH = path;
    }
  });
  it('stops at a configuration that cannot be used', async () => {
    writeFileSync(join(dir, 'sluice.yaml'), 'units: []\n');
    const { code, bad } = await examined();
    expect(code).to.equal(2);
    expect(bad.map(({ what }) => what)).to.deep.equal(['configuration 配置']);
  });
});
