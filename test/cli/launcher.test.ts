/* bin/sluice: what it gives the runtime, and what of the operator's it leaves alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { demoDirectory, root, startGateway } from '../support/gateway.js';

describe('The launcher', () => {
  let dir: string;
  let remove: () => void;
  before(async () => {
    ({ dir, remove } = await demoDirectory());
  });
  after(() => remove());

  /** Arguments and environment of the process that it became. */
  async function became(env: NodeJS.ProcessEnv) {
    const gateway = await startGateway(dir, env);
    const of = (name: string) => readFileSync(`/proc/${gateway.process.pid}/${name}`, 'utf8').split('\0');
    const found = { args: of('cmdline'), env: of('environ') };
    expect(await gateway.stop()).to.equal(0);
    return found;
  }

  it('gives the runtime large pages and one session ticket for each handshake', async () => {
    const { args, env } = await became({ OPENSSL_CONF: '', GLIBC_TUNABLES: '' });
    expect(args).to.include('--use-largepages=silent');
    expect(args).to.include(`--openssl-config=${join(root, 'bin', 'openssl.cnf')}`);
    expect(env).to.include('GLIBC_TUNABLES=glibc.malloc.hugetlb=1');
  });

  it('leaves the settings of OpenSSL and malloc alone that the operator made', async () => {
    const file = join(dir, 'own.cnf');
    writeFileSync(file, '');
    const { args, env } = await became({ OPENSSL_CONF: file, GLIBC_TUNABLES: 'glibc.malloc.arena_max=2' });
    expect(args.filter((arg) => arg.startsWith('--openssl-config'))).to.deep.equal([]);
    expect(env).to.include.members([`OPENSSL_CONF=${file}`, 'GLIBC_TUNABLES=glibc.malloc.arena_max=2']);
  });
});
