/** `sluice db`, as typed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { migrations } from '../../src/database/migrations/index.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';

describe('sluice db', () => {
  const dir = temporaryDirectory();
  const db = (...args: string[]) => sluice(['db', ...args, '--dir', dir.at('g')]);
  before(async () => {
    const made = await sluice(['init', '--demo', '--dir', dir.at('g')]);
    expect(made.code, made.stderr).equal(0);
  });

  it('status names the database and every migration', async () => {
    const { code, stdout } = await db('status');
    expect(code).equal(0);
    for (const { name } of migrations) expect(stdout).contains(`${name} `);
    const { migrations: listed, database } = JSON.parse((await db('status', '--json')).stdout);
    expect(database).equal('revenue.sqlite');
    expect(listed).to.have.length(migrations.length);
    expect(listed[0]).to.include({ state: 'applied', batch: 1 });
  });

  it('rollback asks first, then takes the tables back; status shows it; migrate brings them again', async () => {
    const asked = await db('rollback');
    expect(asked.code).equal(1);
    expect(asked.stderr).contains('delete what their tables hold').and.contains('--yes');
    expect(JSON.parse((await db('rollback', '--yes', '--json')).stdout).rolledBack).to.have.length(
      migrations.length,
    );
    const status = await db('status');
    expect(status.code).equal(1);
    expect(status.stdout).contains('pending').and.not.contains('applied ');
    expect((await db('rollback', '--yes')).stdout).contains('nothing to take back');
    expect(JSON.parse((await db('migrate', '--json')).stdout).applied).to.have.length(migrations.length);
    expect((await db('migrate')).stdout).contains('nothing to apply');
    expect((await db('status')).code).equal(0);
  });

  it('a database that is not there is two lines, with address, code and advice', async () => {
    const file = dir.at('g', 'sluice.yaml');
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !/^database:|^ {2}(?:client|file): /.test(line));
    writeFileSync(
      file,
      `${lines.join('\n')}\ndatabase:\n  client: oracle\n  connectString: 127.0.0.1:1/XEPDB1\n  user: pay\n  password: secret\n`,
    );
    const { code, stderr } = await db('status');
    expect(code).equal(1);
    expect(stderr)
      .contains('oracle 127.0.0.1:1/XEPDB1 user pay')
      .and.contains('NJS-503')
      .and.contains('→ nothing listens');
    expect(stderr)
      .not.contains('secret')
      .and.not.match(/\n\s+at /);
  });
});
