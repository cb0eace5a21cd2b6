/* How files of the gateway's directory are written: whole, and for the user who runs it. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeWhole } from '../../src/pki/index.js';
import { describeWith } from '../support/needs.js';

const NOBODY = 65534;
const root = {
  name: 'the user root',
  missing: process.getuid?.() === 0 ? undefined : 'only root can write for another user',
};

describeWith(root, 'a file that root writes into the directory of another user', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-files-'));
    chownSync(dir, NOBODY, NOBODY);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const ownerOf = (...names: string[]) => statSync(join(dir, ...names)).uid;

  it('belongs to that user, with the mode of a secret', async () => {
    await writeWhole(join(dir, 'server.key'), 'one', 'secret');
    expect(ownerOf('server.key')).to.equal(NOBODY);
    expect(statSync(join(dir, 'server.key')).mode & 0o777).to.equal(0o600);
  });

  it('belongs to that user, and so do the folders that are made for it', async () => {
    await writeWhole(join(dir, 'certs', 'crl', 'local.crl'), 'one', 'public');
    expect([ownerOf('certs'), ownerOf('certs', 'crl'), ownerOf('certs', 'crl', 'local.crl')]).to.deep.equal([
      NOBODY,
      NOBODY,
      NOBODY,
    ]);
  });

  it('belongs to root where root has made the folder on purpose', async () => {
    mkdirSync(join(dir, 'ca'));
    chmodSync(join(dir, 'ca'), 0o700);
    await writeWhole(join(dir, 'ca', 'ca.key'), 'one', 'secret');
    expect(ownerOf('ca', 'ca.key')).to.equal(0);
    expect(readFileSync(join(dir, 'ca', 'ca.key'), 'utf8')).to.equal('one');
  });
});
