/* Both ways of the files over real sockets and real SFTP, with a stand-in for the platform. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { chinaDay, systemClock, systemIds } from '../../src/clock.js';
import { makeEd25519Key } from '../../src/sftp/index.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { ask, freshSerial } from '../support/platform.js';
import { type StandIn, sftpAccount, startStandIn } from '../support/platform-stand-in.js';
import { until } from '../support/until.js';

const UNIT = '90001';
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('files between the platform and a gateway', function () {
  this.timeout(60_000);
  const today = chinaDay(systemClock.now());
  let dir: string;
  let remove: () => void;
  let gateway: Gateway;
  let platform: StandIn;
  let account: ReturnType<typeof sftpAccount>;
  /** `count|total|` of what was debited; the late fees in it are of today. */
  let debited: string;
  const run = async (...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await sluice([...args, '--dir', dir, '--json']);
    if (code !== 0) throw new Error(`sluice ${args.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const announce = async (fileName: string) => {
    const body = { acctOrgNo: UNIT, filePath: '/upload/', fileType: '', fileName, extend: '' };
    const tls = { ...platformTls(dir), port: gateway.port };
    return (await ask(tls, '200011', body)).body;
  };
  before(async () => {
    ({ dir, remove } = await demoDirectory());
    platform = await startStandIn(platformTls(dir));
    const config = join(dir, 'sluice.yaml');
    const notice = `{ host: 127.0.0.1, port: ${platform.port} }`;
    const limits = '{ stableMs: 100, noticeRetryMs: 100, pollMs: 100 }';
    writeFileSync(
      config,
      `${readFileSync(config, 'utf8')}\nexchange: { limits: ${limits}, notice: ${notice} }\n`,
    );
    const { privateKey, publicKey } = makeEd25519Key(systemIds);
    writeFileSync(join(dir, 'platform.pub'), publicKey);
    await run('sftp', 'account', 'add', 'platform', '--unit', UNIT, '--key', join(dir, 'platform.pub'));
    gateway = await startGateway(dir);
    account = sftpAccount({ port: gateway.ports.sftp ?? 0, user: 'platform', privateKey });
  });
  after(async () => {
    account?.remove();
    await gateway?.stop();
    await platform?.stop();
    remove?.();
  });

  it('a deduction request goes out, and its result comes in, is announced, booked and archived', async () => {
    const made = (await run('deduct', 'run', '--unit', UNIT)) as { fileName: string; sha256: string };
    const request = await account.fetch(`/download/${made.fileName}`);
    expect(sha256(request)).to.equal(made.sha256);
    const [summary = '', ...lines] = request.toString('latin1').trimEnd().split('\r\n');
    const [count, total] = summary.split('|');
    debited = `${count}|${total}|`;
    expect(lines).to.have.length(121);
    const results = lines.map((line) => `${line}${today}|${line.split('|')[9]}|00|${freshSerial(today)}||`);
    const name = `WTDEMO_REDKKK_${UNIT}_${today}.txt`;
    const text = [`${count}|${total}|${count}|${total}|${today}|||`, ...results, ''].join('\r\n');
    expect((await announce(name)).rtnCode).to.equal('4003');
    await account.upload(name, text);
    expect((await announce(name)).rtnCode).to.equal('9999');
    await until(
      async () => existsSync(join(dir, 'exchange/platform/archive', today, `${name}.json`)),
      30_000,
    );
    expect(sha256(await account.fetch(`/archive/${today}/${name}`))).to.equal(sha256(Buffer.from(text)));
    expect((await announce(name)).rtnCode).to.equal('4004');
    const record = JSON.parse(
      readFileSync(join(dir, 'exchange/platform/archive', today, `${name}.json`), 'utf8'),
    );
    expect(record).to.include({ state: 'processed', count: lines.length });
    expect(readdirSync(join(dir, 'exchange/platform/upload'))).to.deep.equal([]);
  });

  it('payments go out: made, published, announced over mutual TLS, fetched by SFTP', async () => {
    // The platform is away at first, then it does not see the file yet.
    const answers = ['close', '4003'];
    platform.react(({ body }) => (body.fileType === 'JF' && answers.shift()) || '9999');
    const ours = () => platform.notices.filter(({ body }) => body.fileType === 'JF');
    await run('exchange', 'make', 'jf', '--unit', UNIT, '--date', today);
    await until(async () => ours().length === 3, 30_000);
    interface Shown {
      readonly state: string;
      readonly sha256: string;
      readonly notices: readonly { readonly code: string }[];
    }
    let shown: Shown | undefined;
    await until(async () => {
      shown = (await run('exchange', 'show', `WTDEMO_JF_${UNIT}_${today}.txt`)) as Shown;
      return shown.state === 'noticed';
    });
    const [last] = ours().toReversed();
    expect(last?.from).to.equal('sluice-demo');
    expect(last?.serviceCode).to.equal('100001');
    expect(last?.body).to.include({ acctOrgNo: UNIT, filePath: '/download/', fileType: 'JF' });
    expect(shown?.notices.map(({ code }) => code)).to.deep.equal(['', '4003', '9999']);
    expect(new Set(ours().map(({ head }) => head.msgId)).size).to.equal(3);
    const fetched = await account.fetch(`${last?.body.filePath}${last?.body.fileName}`);
    expect(sha256(fetched)).to.equal(shown?.sha256);
    // The deduction of the test before is in it.
    expect(fetched.toString('latin1').split('\r\n')[0]).to.equal(debited);
  });
});
