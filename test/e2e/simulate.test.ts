/** Simulated days, the simulated utility, and the acceptance list, against real processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { addDays, chinaDay, systemClock, systemIds } from '../../src/clock.js';
import { type Day, parseDay } from '../../src/protocol/index.js';
import { makeEd25519Key } from '../../src/sftp/index.js';
import { loadScenario, planOf, shippedScenarios } from '../../src/tools/index.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoDirectory, type Gateway, root, startGateway } from '../support/gateway.js';

describe('sluice simulate, acceptance', function () {
  this.timeout(90_000);
  let gateway: Gateway;
  let remove: () => void;
  let scratch: string;
  before(async () => {
    const demo = await demoDirectory();
    remove = demo.remove;
    const yaml = join(demo.dir, 'sluice.yaml');
    writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('silentMs: 15000', 'silentMs: 4000'));
    // Nobody here writes slowly, so nobody needs to be waited for.
    appendFileSync(yaml, 'exchange: { limits: { stableMs: 100, absentMs: 300 } }\n');
    const keys = makeEd25519Key(systemIds);
    writeFileSync(join(demo.dir, 'id'), keys.privateKey, { mode: 0o600 });
    writeFileSync(join(demo.dir, 'id.pub'), keys.publicKey);
    const account = [
      'sftp',
      'account',
      'add',
      'platform',
      '--unit',
      '90001',
      '--key',
      join(demo.dir, 'id.pub'),
    ];
    expect((await sluice([...account, '--dir', demo.dir])).code).equals(0);
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

  /** Days of their own, two apart, because each day of a unit has one DSDZ; from the 7th on, because the demo's customers paid on the 5th. */
  const today = chinaDay(systemClock.now());
  const lastMonth = addDays(parseDay(`${today.slice(0, 6)}01`) ?? today, -1).slice(0, 6);
  const dayOf = (index: number) => `${lastMonth}${String(7 + 2 * index).padStart(2, '0')}`;
  const play = async (name: string, ...more: string[]) => {
    const day = ['--day', dayOf(shippedScenarios().indexOf(name))];
    const short = ['--exchanges', '12', '--customers', '0090010000-0090010299', ...day];
    const sftp = ['--sftp-user', 'platform', '--sftp-key', join(gateway.dir, 'id')];
    const asked = ['simulate', 'platform', '--scenario', name, '--unit', '90001', '--json'];
    const done = await at(...asked, ...short, ...sftp, ...more);
    if (done.stdout === '') throw new Error(done.stderr);
    const result = JSON.parse(done.stdout);
    expect(result.broken, name).deep.equals([]);
    expect(done.code, name).equals(0);
    return result;
  };
  /** Everything that was asked under this name, by result code. */
  const codes = (counts: Record<string, Record<string, number>>, what: string) =>
    Object.keys(counts[what] ?? {});

  for (const name of ['normal-day', 'month-end', 'slow-platform']) {
    it(`plays ${name}`, async () => {
      const { counts, charges, deliveries } = await play(
        name,
        ...(name === 'slow-platform' ? ['--exchanges', '4'] : []),
      );
      expect(charges.length).greaterThan(0);
      if (name === 'normal-day') expect(codes(counts, '200011')).deep.equals(['9999']);
      if (name === 'month-end') expect(deliveries).length(1);
    });
  }

  it('plays answers-lost: what was lost is asked for, what is void stays void', async () => {
    const { counts, charges } = await play('answers-lost', '--exchanges', '30');
    expect(codes(counts, '200012')).includes('3000');
    expect(codes(counts, '200002 late')).deep.equals(['2005']);
    expect(charges.some((one: { state: string }) => one.state === 'void')).equals(true);
  });

  it('plays platform-refunds and midnight: a file for each day, without what was refunded', async () => {
    const refunds = await play('platform-refunds', '--exchanges', '30');
    expect(codes(refunds.counts, '300002 again')).deep.equals(['9999']);
    const [file] = refunds.dayFiles;
    expect(file.injected.filter((text: string) => text.startsWith('ours only'))).length(3);
    const midnight = await play('midnight', '--exchanges', '20');
    const days = midnight.dayFiles.map(({ day }: { day: string }) => day);
    expect(days).length(2);
    expect(midnight.deliveries).length(2);
  });

  it('plays files-resent: refused, repeated and foreign content each get their code', async () => {
    const { deliveries } = await play('files-resent');
    const answered = deliveries[0].steps.filter((step: string) => step.startsWith('200011'));
    expect(answered.map((step: string) => step.slice(-4))).deep.equals([
      '4003',
      '4000',
      '4002',
      '9999',
      '4004',
      '4004',
      '4002',
    ]);
  });

  it('plays chaos: every promise is kept, and the ledger holds', async () => {
    const { dayFiles, charges, counts } = await play('chaos', '--exchanges', '40', '--settle', '60');
    expect(charges.length).greaterThan(10);
    expect(dayFiles.at(-1).injected).length(7);
    // Reconciled: what only the platform had is booked now.
    expect(codes(counts, '200012 of what only we had')).includes('9999');
    expect((await at('verify')).code).equals(0);
  });

  it('plays deduction-day: answers the DKKK that was published', async () => {
    expect((await at('deduct', 'run', '--unit', '90001')).code).equals(0);
    const { deliveries, fetched, counts } = await play('deduction-day', '--settle', '60');
    expect(deliveries[0].name).contains('REDKKK');
    expect(fetched[0]).matches(/DKKK.*debited/);
    expect(codes(counts, '200001 of whom we debited')).deep.equals(['9999']);
  });

  it('plays certificate-rotation: old, both, new', async () => {
    expect((await at('simulate', 'platform', '--scenario', 'certificate-rotation', ...who)).stderr).contains(
      '--second-cert',
    );
    const pass = join(scratch, 'pass');
    writeFileSync(pass, 'sluice-demo');
    await at('certs', 'ca', 'issue', 'new', '--passphrase-file', pass, '--out', scratch);
    const [cert, key] = [join(scratch, 'new.crt'), join(scratch, 'new.key')];
    expect((await at('certs', 'peer', 'replace', 'platform', cert)).code).equals(0);
    const ready = async () =>
      (await at('send', 'query', '--unit', '90001', '--customer', '0090010000', '--cert', cert, '--key', key))
        .code;
    while ((await ready()) !== 0);
    const { bySecond, counts } = await play(
      'certificate-rotation',
      '--second-cert',
      cert,
      '--second-key',
      key,
    );
    expect(bySecond).greaterThan(0);
    expect(codes(counts, '200001')).not.includes('refused');
  });

  it('does what its plan says: serials, customers and order come from the seed alone', async () => {
    const scenario = { ...loadScenario('normal-day'), seed: 77, exchanges: 25 };
    const [day, customers] = ['20260901' as Day, ['0090010003', '0090010004', '0090010006'] as const];
    const asked = [
      '--seed',
      '77',
      '--exchanges',
      '25',
      '--day',
      day,
      '--json',
      '--customers',
      customers.join(','),
    ];
    const done = await at('simulate', 'platform', '--scenario', 'normal-day', '--unit', '90001', ...asked);
    const charges: { serial: string; customer: string }[] = JSON.parse(done.stdout).charges;
    const planned = [...planOf({ scenario, day, customers: [...customers] })].filter(
      (step) => step.kind === 'pay',
    );
    const named = (one: { serial: string; customer: string }) => `${one.serial} ${one.customer}`;
    expect(charges.map(named)).deep.equals(planned.map(named));
  });

  it('passes the acceptance list, files and time-outs too, and writes the record', async () => {
    const account = [
      'sftp',
      'account',
      'add',
      'accept',
      '--unit',
      '90002',
      '--key',
      join(gateway.dir, 'id.pub'),
    ];
    expect((await at(...account)).code).equals(0);
    expect((await at('deduct', 'run', '--unit', '90002')).code).equals(0);
    const page = join(scratch, 'record.html');
    const sftp = ['--sftp-user', 'accept', '--sftp-key', join(gateway.dir, 'id')];
    const done = await at('acceptance', ...sftp, '--html', page, '--json');
    const { items, services, codes } = JSON.parse(done.stdout);
    expect(items.filter((one: { verdict: string }) => one.verdict !== 'passed')).deep.equals([]);
    expect(done.code).equals(0);
    const notAsked = services.filter((one: { asked: number }) => one.asked === 0);
    expect(notAsked, 'every service of the platform').deep.equals([]);
    const unanswered = codes.filter((one: { why: string }) => one.why === '未触发');
    expect(unanswered, 'every result code that can be brought about').deep.equals([]);
    const record = readFileSync(page, 'utf8');
    expect(record).contains('联调验收记录').contains('全部通过').contains('bankSerial').contains('SFTP 上传');
    expect(record).not.contains('欠费户');
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
