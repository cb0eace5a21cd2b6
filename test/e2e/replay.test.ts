/** The captured messages through a real gateway process: every fixture gets what it expects, and a difference is seen. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoDirectory, type Gateway, root, startGateway } from '../support/gateway.js';

describe('sluice send, replay, inspect', function () {
  this.timeout(60_000);
  let gateway: Gateway;
  let remove: () => void;
  let scratch: string;
  before(async () => {
    const demo = await demoDirectory();
    remove = demo.remove;
    gateway = await startGateway(demo.dir);
    scratch = mkdtempSync(join(tmpdir(), 'sluice-replay-'));
  });
  after(async () => {
    await gateway?.stop();
    remove?.();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });
  const fixtures = join(root, 'fixtures', 'messages');
  const at = (...args: string[]) => sluice([...args, '--dir', gateway.dir]);
  const json = async (...args: string[]) =>
    JSON.parse((await at(...args, '--json')).stdout) as Record<string, unknown>;

  it('replays every captured message, and writes the reports', async () => {
    const [junit, html] = [join(scratch, 'out.xml'), join(scratch, 'out.html')];
    const done = await at('replay', fixtures, '--junit', junit, '--html', html);
    expect(done.stdout).contains('8 passed, 0 failed');
    expect(done.code).equals(0);
    expect(readFileSync(junit, 'utf8')).contains('tests="8" failures="0"');
    expect(readFileSync(html, 'utf8')).contains('05-arrears-answer-pilot-2014').contains('交易成功');
  });

  it('ends with 1 and names the field where an answer differs', async () => {
    const fixture = JSON.parse(readFileSync(join(fixtures, '03-arrears-answer-captured-2017.json'), 'utf8'));
    const data = fixture.data.replace('"prepayAmt":"44"', '"prepayAmt":"45"');
    const file = join(scratch, 'other.json');
    writeFileSync(file, JSON.stringify({ ...fixture, data, frameHex: undefined }));
    const done = await at('replay', file);
    expect(done.code).equals(1);
    expect(done.stdout).matches(/body\.prepayAmt\s+- 45\s+\+ 44/);
    expect((await at('replay', file, '--ignore', 'body.prepayAmt')).code).equals(0);
    expect((await at('replay', file, '--match', 'body.prepayAmt=^4')).code).equals(0);
  });

  it('fills placeholders: fresh serials, today, and values of earlier answers', async () => {
    const head =
      '"head":{"version":"1.0.1","source":"ALIPAY","desIfno":"X","servCode":"0","msgId":"{{uuid}}","msgTime":"{{now}}"}';
    const one = (name: string, serviceCode: string, body: string, expected: object) => ({
      name,
      serviceCode,
      data: `{${head},"body":{"acctOrgNo":"36745",${body}}}`,
      expect: expected,
    });
    const booking = '"bankSerial":"{{serial pay}}","bankDate":"{{today}}"';
    const amount = '"rcvAmt":"{{answer a body.totalOweAmt}}"';
    const rows = '"chargeCnt":"1","rcvDet":"{{answer a body.consNo}}|0||$"';
    const set = [
      one('a', '200001', '"queryType":"0","queryValue":"10125334"', { rtnCode: '9999' }),
      one('b', '200002', `${booking},${amount},${rows}`, { rtnCode: '9999', extend: 're:^.*$' }),
      one('c', '200012', booking, { rtnCode: '9999', instSerial: 're:.+' }),
      one('d', '300002', `"originalBankSerial":"{{serial pay}}","bankDate":"{{today}}",${amount}`, {
        rtnCode: '9999',
      }),
    ];
    const file = join(scratch, 'set.json');
    writeFileSync(file, JSON.stringify(set));
    const done = await at('replay', file, '--repeat', '2');
    expect(done.stdout).contains('8 passed, 0 failed');
    expect((await at('verify')).code).equals(0);
  });

  it('makes recorded payments fresh', async () => {
    const file = join(fixtures, '06-payment-pilot-2014.json');
    // The bill is paid already; with a new serial that is a prepayment and no duplicate.
    const done = await at('replay', file, '--fresh', 'serial,date,msgId', '--repeat', '2');
    expect(done.stdout).contains('2 passed, 0 failed');
  });

  it('plays the platform: query, pay, status, refund', async () => {
    const named = ['--unit', '36745', '--customer', '10125334'];
    expect((await json('send', 'query', ...named)).rtnCode).equals('9999');
    const paid = await json('send', 'pay', ...named);
    expect(paid).include({ rtnCode: '9999', amount: '11310' });
    const serial = ['--unit', '36745', '--serial', String(paid.serial)];
    expect(await json('send', 'status', ...serial)).include({ rtnCode: '9999' });
    expect(
      await json('send', 'pay', ...named, '--amount', '113.10', '--serial', String(paid.serial)),
    ).include({ rtnCode: '2001' });
    expect(await json('send', 'refund', ...serial, '--amount', '11310')).include({ rtnCode: '9999' });
    const readable = await at('send', 'query', ...named, '--bytes');
    expect(readable.stdout).contains('113.10 元').contains('start mark').contains('王小明');
  });

  it('asks every service, and answers each with a code of its own', async () => {
    const named = ['--unit', '36745', '--customer', '10125334'];
    for (const [service, ...more] of [
      ['customer'],
      ['bind'],
      ['bind', '--unbind'],
      ['bills'],
      ['agreements'],
      ['balance'],
      ['records'],
      ['agreement', '--deal', 'sign', '--agreement', 'A-1', '--bank', 'ABC', '--account', '6200000000000001'],
    ]) {
      expect(await json('send', String(service), ...named, ...more), service).include({ rtnCode: '9999' });
    }
    const notice = await json('send', 'notice', '--unit', '39536', '--file', 'X_DSDZ_39536_20240404.txt');
    expect(notice).include({ rtnCode: '4003' });
    const body = await json(
      'send',
      'body',
      '--unit',
      '36745',
      '--service',
      '200010',
      '--body',
      '{"acctOrgNo":"36745"}',
    );
    expect(body).include({ rtnCode: '0008' });
  });

  it('says in one sentence why there is no answer', async () => {
    const gone = await sluice([
      'send',
      'query',
      '--unit',
      '1',
      '--customer',
      '1',
      '--dir',
      gateway.dir,
      '--target',
      '127.0.0.1:1',
    ]);
    expect(gone.code).equals(1);
    expect(gone.stdout).contains('cannot connect: ECONNREFUSED');
    const server = [
      '--cert',
      join(gateway.dir, 'certs/server.crt'),
      '--key',
      join(gateway.dir, 'certs/server.key'),
    ];
    const refused = await at('send', 'query', '--unit', '36745', '--customer', '1', ...server);
    expect(refused.code).equals(1);
    expect(refused.stdout).matches(/no answer from .*(refused|closed|reset)/);
    const missing = await sluice(['send', 'query', '--unit', '1', '--customer', '1', '--dir', scratch]);
    expect(missing.code).equals(1);
    expect(missing.stderr).contains('→').not.contains('    at ');
  });

  it('explains hex, a broken fixture, and refuses what has no frame', async () => {
    const hex = readFileSync(join(fixtures, '01-arrears-query-captured-2017.hex'), 'utf8').trim();
    const sound = await sluice(['inspect', hex]);
    expect(sound.code).equals(0);
    expect(sound.stdout).contains('verdict').contains('a sound request').contains('清算单位');
    const broken = await sluice(['inspect', join(fixtures, '08-length-one-short.json')]);
    expect(broken.code).equals(1);
    expect(broken.stdout).contains('the length is 1 too small');
    expect((await sluice(['inspect', join(root, 'package.json')])).stderr).contains('there are no frames');
  });
});
