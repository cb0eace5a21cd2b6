/** Simulated days, the simulated utility, and the acceptance list, against real processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { loadScenario, shippedScenarios } from '../../src/tools/index.js';
import { demoDirectory, type Gateway, root, sluice, startGateway } from '../support/gateway.js';

describe('sluice simulate, acceptance', function () {
  this.timeout(90_000);
  let gateway: Gateway;
  let remove: () => void;
  let scratch: string;
  before(async () => {
    const demo = await demoDirectory();
    remove = demo.remove;
    gateway = await startGateway(demo.dir);
    scratch = mkdtempSync(join(tmpdir(), 'sluice-simulate-'));
  });
  after(async () => {
    await gateway?.stop();
    remove?.();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });
  const at = (...args: string[]) => sluice([...args, '--dir', gateway.dir]);
  const who = ['--unit', '90001', '--customers', '0090010000-0090010299'];

  it('ships ten scenarios, all of them valid', () => {
    expect(shippedScenarios()).length(10);
    for (const name of shippedScenarios()) expect(loadScenario(name).title, name).not.equals('');
  });

  it('plays a chaotic day: every promise is kept, the ledger holds, the file has what was injected', async () => {
    const file = join(scratch, 'dsdz.txt');
    const done = await at(
      'simulate',
      'platform',
      '--scenario',
      'chaos',
      ...who,
      '--exchanges',
      '120',
      '--out',
      file,
      '--json',
    );
    const result = JSON.parse(done.stdout);
    expect(result.broken).deep.equals([]);
    expect(done.code).equals(0);
    expect(result.charges.length).greaterThan(30);
    const [summary, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\r\n');
    expect(Number(summary?.split('|')[1])).equals(lines.length);
    expect(result.file.injected).length(7);
    expect((await at('verify')).code).equals(0);
  });

  it('makes the same choices with the same seed', async () => {
    const choices = async () => {
      const done = await at(
        'simulate',
        'platform',
        '--scenario',
        'slow-platform',
        ...who,
        '--exchanges',
        '15',
        '--seed',
        '9',
        '--json',
      );
      return JSON.parse(done.stdout).counts['200001'];
    };
    expect(await choices()).deep.equals(await choices());
  });

  it('passes the acceptance list and writes the record', async () => {
    const page = join(scratch, 'record.html');
    const done = await at('acceptance', '--unit', '90001', '--customer', '0090010001', '--html', page);
    expect(done.stdout).contains('14 passed, 0 failed');
    const record = readFileSync(page, 'utf8');
    expect(record).contains('联调验收记录').contains('全部通过').contains('bankSerial');
    expect((await at('verify')).code).equals(0);
  });

  it('plays the utility for a platform', async () => {
    const child = spawn(join(root, 'bin', 'sluice'), ['simulate', 'utility', '--dir', gateway.dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const target = ['--target', `127.0.0.1:${line.split(':').at(-1)}`];
      const json = async (...args: string[]) =>
        JSON.parse((await at('send', ...args, '--unit', '1', ...target, '--json')).stdout);
      expect(await json('query', '--customer', '12345')).include({ rtnCode: '9999' });
      expect(await json('query', '--customer', '10000')).include({ rtnCode: '1002' });
      const paid = await json('pay', '--customer', '12345');
      expect(paid).include({ rtnCode: '9999' });
      expect(await json('status', '--serial', paid.serial)).include({ rtnCode: '9999' });
      expect(await json('refund', '--serial', paid.serial, '--amount', paid.amount)).include({
        rtnCode: '9999',
      });
    } finally {
      child.kill();
    }
  });
});
