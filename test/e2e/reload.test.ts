/* Each thing that takes effect without a restart, one by one, on one running gateway (certificates: certs-live.test.ts). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import ssh from 'ssh2';
import { DEMO_PASSWORD } from '../../src/cli/init.js';
import { sluiceInside } from '../support/command-line.js';
import { demoGateway } from '../support/demo-gateway.js';
import { ask, requestFrame, sendFrame } from '../support/platform.js';
import { until } from '../support/until.js';

describe('a running gateway takes over', () => {
  const demo = demoGateway();
  const at = (...names: string[]) => join(demo.gateway.dir, ...names);
  const env = { SLUICE_CA_PASSPHRASE: DEMO_PASSWORD };
  const does = async (...args: string[]) => {
    const { code, stdout, stderr } = await sluiceInside([...args, '--dir', demo.gateway.dir], env);
    if (code !== 0) throw new Error(`sluice ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  /** sluice.yaml with another text in the place of one; gives what `sluice reload` says. */
  const changed = async (from: string, to: string) => {
    const text = readFileSync(at('sluice.yaml'), 'utf8');
    expect(text).to.contain(from);
    writeFileSync(at('sluice.yaml'), text.replace(from, to));
    return does('reload');
  };
  const answered = async (bytes: Buffer, more: object = {}) => {
    try {
      return (await sendFrame({ ...demo.tls, ...more }, bytes)).length === 1;
    } catch {
      return false;
    }
  };
  const query = { acctOrgNo: '90001', queryType: '0', queryValue: '10125334' };

  it('a dialect', async () => {
    const free = { ...query, acctOrgNo: '39536', queryValue: '022000' };
    const amount = async () => String((await ask(demo.tls, '200001', free)).body.totalRcvblAmt);
    expect(await amount()).to.match(/^\d+$/);
    const said = await changed('amountRule: "any"', 'amountRule: "any"\n      amountUnit: "yuan"');
    expect(said).to.contain('已生效');
    expect(await amount()).to.match(/^\d+\.\d\d$/);
  });

  it('limits of the socket, and says what it takes over at the next start only', async () => {
    const large = requestFrame('200001', { ...query, extra: 'x'.repeat(100_000) });
    expect(await answered(large)).to.equal(true);
    const said = await changed('limits:\n', 'limits:\n    dataBytesMax: 65536\n    queriesAtOnce: 2\n');
    expect(said).to.contain('已生效').and.not.contain('next start');
    expect(await answered(large)).to.equal(false);
    expect(await changed('handshakeMs: 5000 ', 'handshakeMs: 6000 ')).to.match(
      /next start only: server.limits.handshakeMs\.$/m,
    );
  });

  it('a peer, and a CRL that revokes its certificate', async () => {
    await does('certs', 'ca', 'issue', 'second', '--out', demo.gateway.dir);
    const second = { cert: readFileSync(at('second.crt')), key: readFileSync(at('second.key')) };
    const frame = requestFrame('200001', query);
    expect(await answered(frame, second)).to.equal(false);
    await does('certs', 'peer', 'add', 'second', at('second.crt'), '--units', '90001');
    await until(() => answered(frame, second));
    await does('certs', 'ca', 'revoke', 'second');
    await until(async () => !(await answered(frame, second)));
    await until(async () => readFileSync(at('logs', 'sluice.log'), 'utf8').includes('revoked-certificate'));
    expect(await answered(frame), 'the others go on').to.equal(true);
  });

  it('SFTP accounts, without a reload', async () => {
    const login = (password: string) =>
      new Promise<boolean>((resolve) => {
        const client = new ssh.Client();
        client.once('ready', () => resolve(true)).once('error', () => resolve(false));
        client.once('close', () => resolve(false));
        client.connect({ host: '127.0.0.1', port: demo.gateway.ports.sftp ?? 0, username: 'late', password });
        client.once('ready', () => client.end());
      });
    const added = await does('sftp', 'account', 'add', 'late', '--unit', '39536', '--password', '--json');
    const { password } = JSON.parse(added) as { password: string };
    expect(await login(password)).to.equal(true);
    await does('sftp', 'account', 'remove', 'late');
    await until(async () => !(await login(password)));
  });

  it('sluice.yaml, and the audit log tells which sections changed, without secrets', async () => {
    interface Entry {
      readonly action: string;
      readonly target: string;
      readonly before: Readonly<Record<string, unknown>>;
      readonly after: Readonly<Record<string, unknown>>;
    }
    const entries = async (): Promise<Entry[]> =>
      JSON.parse(await does('audit', 'list', '--json')).filter(
        ({ action }: Entry) => action === 'config change',
      );
    expect((await entries()).map(({ target }) => target)).to.deep.equal(['server', 'server', 'units']);
    const withWebhook = (token: string) => {
      const text = readFileSync(at('sluice.yaml'), 'utf8').replace(/\nalarms:.*\n/, '\n');
      writeFileSync(
        at('sluice.yaml'),
        `${text}\nalarms: { repeatHours: 5, webhook: "http://127.0.0.1:9/${token}" }\n`,
      );
    };
    withWebhook('sesame-one');
    await does('reload');
    const [added] = await entries();
    expect(added).to.include({ target: 'alarms' });
    expect(added?.before).to.deep.equal({});
    expect(added?.after).to.deep.equal({ alarms: { repeatHours: 5, webhook: '***' } });
    await does('reload');
    expect(await entries(), 'nothing changed').to.have.length(4);
    // Only what is masked changes, and nobody says `sluice reload`.
    withWebhook('sesame-two');
    demo.gateway.process.kill('SIGHUP');
    await until(async () => (await entries()).length === 5);
    expect(readFileSync(at('audit', 'sluice.yaml.json'), 'utf8')).not.to.contain('sesame');
    expect(await does('audit', 'list', '--json')).not.to.contain('sesame');
    expect(await does('audit', 'verify')).to.match(/\d+:[0-9a-f]{64}/);
  });
});
