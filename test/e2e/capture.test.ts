/** A gateway that captures, captures that replay, logs that become fixtures, load that is measured. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoDirectory, type Gateway, root, startGateway } from '../support/gateway.js';
import { until } from '../support/until.js';

const captureIn = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(dir, name), 'utf8')));

/** The captures, as soon as there are so many: they are written behind the answer. */
async function captured(dir: string, count: number): Promise<ReturnType<typeof captureIn>> {
  await until(() => captureIn(dir).length >= count);
  return captureIn(dir);
}

describe('sluice serve --capture, fixture import, bench', function () {
  this.timeout(60_000);
  let gateway: Gateway;
  let remove: () => void;
  let scratch: string;
  before(async () => {
    const demo = await demoDirectory();
    remove = demo.remove;
    scratch = mkdtempSync(join(tmpdir(), 'sluice-capture-'));
    gateway = await startGateway(demo.dir, { SLUICE_CAPTURE: join(scratch, 'captures') });
  });
  after(async () => {
    await gateway?.stop();
    remove?.();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });
  const at = (...args: string[]) => sluice([...args, '--dir', gateway.dir]);

  it('captures every exchange, personal fields masked, and replays what it captured', async () => {
    const named = ['--unit', '36745', '--customer', '10125334'];
    for (const what of ['query', 'query', 'balance'])
      expect((await at('send', what, ...named)).code).equals(0);
    await at('send', 'query', '--unit', '00', '--customer', '54114172');
    // A frame that cannot be cut is kept, too: its bytes, its fault, and that nothing was answered.
    const defect = join(root, 'fixtures/messages/08-length-one-short.json');
    expect((await at('replay', defect)).code).equals(0);
    const dir = join(scratch, 'captures');
    const captures = await captured(dir, 5);
    const [first, second, third, fourth, uncut] = captures;
    expect(uncut).nested.include({ 'expect.silence': true, 'captured.peer': 'platform' });
    expect(uncut.note).contains('end-mark');
    const original = JSON.parse(readFileSync(defect, 'utf8')).frameHex;
    expect(uncut.frameHex).length(original.length);
    expect(JSON.stringify(captures)).not.contains('王小明').not.contains('示例路1号');
    const nameIn = (one: typeof first) => JSON.parse(one.expect.answer).body.consName as string;
    expect(nameIn(first)).matches(/^[\u4e00-\u9fa5]{3}$/);
    expect([nameIn(second), nameIn(third)]).deep.equals([nameIn(first), nameIn(first)]);
    expect(first).nested.include({
      serviceCode: '200001',
      'expect.rtnCode': '9999',
      'captured.peer': 'platform',
    });
    expect(first.decoded.answer).include({ totalOwed: 11310, customer: '10125334' });
    expect(fourth.dialect).include({ amountUnit: 'yuan' });
    const ignore = [
      '--ignore',
      '**.consName',
      '--ignore',
      '**.addr',
      '--ignore',
      '**.balDate',
      '--ignore',
      '**.getDate',
    ];
    const done = await at(
      'replay',
      join(dir, readdirSync(dir).filter((name) => /^\d{8}$/.test(name))[0] ?? ''),
      ...ignore,
    );
    expect(done.stdout).contains('5 passed, 0 failed');
  });

  it('makes fixtures out of a foreign log, and replays them', async () => {
    const hexOf = (name: string) =>
      readFileSync(join(root, 'fixtures/messages', `${name}.hex`), 'utf8').trim();
    const query = hexOf('04-arrears-query-pilot-2014');
    const answer = Buffer.from(hexOf('05-arrears-answer-pilot-2014'), 'hex');
    const java = `[${[...answer].map((byte) => (byte > 127 ? byte - 256 : byte)).join(', ')}]`;
    const broken = hexOf('08-length-one-short').replace(/..(?!$)/g, '$& ');
    const log = join(scratch, 'gateway.log');
    writeFileSync(
      log,
      `10:00:00 INFO recv ${query}\n10:00:01 INFO send ${java}\n10:00:02 INFO recv ${broken}\n`,
    );
    const out = join(scratch, 'imported');
    expect((await sluice(['fixture', 'import', log, '--out', out, '--plain'])).stdout).contains('2 fixtures');
    const [pair, defect] = captureIn(out);
    expect(pair).nested.include({
      serviceCode: '200001',
      'dialect.amountUnit': 'yuan',
      'expect.rtnCode': '9999',
    });
    expect(defect.expect).deep.equals({ silence: true });
    const done = await at('replay', out);
    expect(done.stdout).contains('2 passed, 0 failed');
    const masked = JSON.parse((await sluice(['fixture', 'import', log, '--json'])).stdout);
    expect(masked[0].expect.answer).not.contains('羊');
    expect(Buffer.byteLength(masked[0].expect.answer)).equals(Buffer.byteLength(pair.expect.answer));
  });

  it('loads the gateway at a rate and by callers, with and without resumption', async () => {
    const who = ['--unit', '90001', '--customers', '0090010000-0090010299', '--seconds', '2', '--json'];
    const page = join(scratch, 'load.html');
    const open = JSON.parse((await at('bench', ...who, '--rate', '50', '--html', page)).stdout);
    expect(open.exchanges).equals(100);
    expect(open.failed).equals(0);
    expect(open.latencyMs.p50).greaterThan(0);
    expect(open.latencyMs.p99).least(open.latencyMs.p50);
    expect(Object.keys(open.kinds)).includes('200001').includes('200002');
    expect(open.codes, 'payments pay what a query said is due').not.property('2002');
    expect(readFileSync(page, 'utf8')).contains('<svg').contains('p99');
    const closed = JSON.parse(
      (await at('bench', ...who, '--concurrency', '4', '--resume', '--tls', '1.2', '--mix', 'query=1'))
        .stdout,
    );
    expect(Object.keys(closed.kinds)).deep.equals(['200001']);
    expect(closed.failed).equals(0);
    // A few of the demo's customers are not payable here: 1005.
    expect(closed.codes['9999']).greaterThan(closed.exchanges * 0.9);
    expect((await at('verify')).code).equals(0);
  });
});
