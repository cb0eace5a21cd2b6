import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import { openDatabase, sql } from '../../src/database/index.js';
import { silentLog } from '../../src/log.js';
import { sluiceInside } from '../support/command-line.js';
import { temporaryDirectory } from '../support/directory.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4dZ0Rh2n2Y3Gx1yP0mX7u5pB4bWlV2kq8cC0u1tJ5o platform@ant';

describe('sluice audit', () => {
  const dir = temporaryDirectory();
  const sluice = (...args: string[]) => sluiceInside([...args, '--dir', dir.at('g')]);
  const actions = async () => {
    const { stdout } = await sluice('audit', 'list', '--json');
    return JSON.parse(stdout).map((one: { action: string }) => one.action);
  };
  before(async () => {
    expect((await sluice('init', '--demo')).code).equal(0);
  });

  it('is empty and whole at the beginning', async () => {
    expect((await sluice('audit', 'list')).stdout).contains('no changes');
    expect(await sluice('audit', 'verify')).include({ code: 0 });
  });

  it('records what is done to SFTP accounts, without their secrets', async () => {
    writeFileSync(dir.at('id.pub'), `${KEY}\n`);
    const { stdout } = await sluice(
      'sftp',
      'account',
      'add',
      'platform',
      '--unit',
      '39536',
      '--password',
      '--json',
    );
    const { password } = JSON.parse(stdout);
    await sluice('sftp', 'key', 'add', 'platform', '--file', dir.at('id.pub'));
    await sluice('sftp', 'account', 'disable', 'platform');
    await sluice('sftp', 'account', 'passwd', 'platform', '--none');
    await sluice('sftp', 'account', 'remove', 'platform');
    const all = (await sluice('audit', 'list', '--json')).stdout;
    expect(await actions()).deep.equal([
      'sftp account remove',
      'sftp account passwd',
      'sftp account disable',
      'sftp key add',
      'sftp account add',
    ]);
    expect(password).a('string');
    expect(all).not.contains(password);
  });

  it('ends with 1 and names the entry when somebody changed one, or when a noted one is gone', async () => {
    const { stdout } = await sluice('audit', 'verify');
    const noted = /\d+:[0-9a-f]{64}/.exec(stdout)?.[0] ?? '';
    expect(await sluice('audit', 'verify', '--noted', noted)).include({ code: 0 });
    const { database: settings } = loadConfig(dir.at('g'));
    const database = await openDatabase(settings, { dir: dir.at('g'), clock: systemClock, log: silentLog });
    await database.run(sql(`update audit_entries set target = 'other' where seq = 2`));
    await database.close();
    const broken = await sluice('audit', 'verify', '--json');
    expect(broken.code).equal(1);
    expect(JSON.parse(broken.stdout).faults).deep.equal([
      { seq: 2, fault: 'was changed: its content does not fit its hash' },
    ]);
    const gone = await sluice('audit', 'verify', '--noted', `99:${'0'.repeat(64)}`);
    expect(gone.stdout).contains('entry 99: the entry that was noted is missing');
  });
});
