import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DoctorFinding } from '../../src/doctor.js';
import { demoDirectory, sluice } from '../support/gateway.js';

describe('sluice doctor', () => {
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
    return { code, bad: findings.filter(({ level, what }) => level !== 'ok' && !what.startsWith('clock')) };
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
  it('stops at a configuration that cannot be used', async () => {
    writeFileSync(join(dir, 'sluice.yaml'), 'units: []\n');
    const { code, bad } = await examined();
    expect(code).to.equal(2);
    expect(bad.map(({ what }) => what)).to.deep.equal(['configuration 配置']);
  });
});
