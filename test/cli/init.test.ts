/* `sluice init --demo`: what it makes, and where. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { eachDatabase } from '../support/databases.js';
import { demoDirectory, sluice } from '../support/gateway.js';

eachDatabase(
  'sluice init --demo on a server',
  (db) => {
    let home: string;
    before(() => {
      home = mkdtempSync(join(tmpdir(), 'sluice-init-'));
    });
    after(() => rmSync(home, { recursive: true, force: true }));

    it('fills the database that SLUICE_DATABASE_URL names, and refuses one that is filled', async () => {
      const env = { SLUICE_DATABASE_URL: db.settings().url };
      const dir = join(home, 'first');
      const made = await sluice(['init', '--demo', '--dir', dir], env);
      expect(made.code, made.stderr).to.equal(0);
      expect((await sluice(['verify', '--dir', dir], env)).code).to.equal(0);
      const again = await sluice(['init', '--demo', '--dir', join(home, 'second')], env);
      expect([again.code, again.stderr.split('\n')[0]]).to.deep.equal([
        1,
        'sluice: the database of SLUICE_DATABASE_URL holds clearing units already',
      ]);
      expect(readdirSync(join(home, 'second')), 'nothing in the way of the next try').to.deep.equal([]);
    }).timeout(120_000);
  },
  { only: ['postgres', 'mysql'] },
);

describe('sluice init --demo', () => {
  it('writes the rules of each unit out, so that changing one changes no other', async () => {
    const { dir, remove } = await demoDirectory();
    const text = readFileSync(join(dir, 'sluice.yaml'), 'utf8');
    remove();
    expect(text).not.to.match(/[&*]a1\b/);
    expect((parse(text) as { units: unknown[] }).units.length).to.be.greaterThan(5);
  });
});
