/* No key, password, name, address, phone, id or account number in anything that the system writes (I9, O7). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { messageFixtures } from '../support/fixtures.js';
import { demoDirectory, platformTls, sluice, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody, sendFrame } from '../support/platform.js';

/** Planted values that stand in requests; what stands in answers comes from the demo world. */
const canaries = {
  account: '6222029876543210123',
  accountName: '欧阳建国',
  phone: '13987654321',
  certNumber: '110101199003077758',
  email: 'canary@example.org',
  remark: '补发给欧阳女士',
  unknownMember: 'canary-in-an-unknown-member',
};
const worldNames = ['王小明', '李华', '赵敏', '钱进', '示例路1号', '示例路2号', '示例路3号'];

describe('what the system writes', () => {
  it('holds no personal value and no secret in the clear', async () => {
    const { dir, remove } = await demoDirectory();
    const gateway = await startGateway(dir);
    const tls = { ...platformTls(dir), port: gateway.port };
    for (const { frameHex } of messageFixtures) {
      await sendFrame(tls, Buffer.concat([Buffer.from(frameHex, 'hex'), Buffer.alloc(4)])).catch(() => []);
    }
    const unit = { acctOrgNo: '39536', consNo: '022000' };
    for (const queryType of ['1', '2']) {
      await ask(tls, '200001', { acctOrgNo: '39536', queryType, queryValue: canaries.phone });
    }
    await ask(tls, '200003', { acctOrgNo: '39536', queryType: '0', queryValue: '022000' });
    await ask(tls, '200009', {
      ...unit,
      agreementNo: 'A-1',
      dealType: '1',
      bankAcctNo: canaries.account,
      bankAcctName: canaries.accountName,
      phone: canaries.phone,
      email: canaries.email,
      certNo: canaries.certNumber,
    });
    await ask(tls, '200006', unit);
    await ask(tls, '200005', unit);
    await ask(tls, '200002', {
      ...paymentBody('39536', '022000', 100, freshSerial()),
      remark: canaries.remark,
    });
    await ask(tls, '200002', { ...paymentBody('39536', '022000', 100, 'x'), remark: canaries.remark });
    await ask(tls, '200001', { ...unit, queryType: '0', queryValue: '022000', note: canaries.unknownMember });
    await ask(tls, '200001', {
      acctOrgNo: '39536',
      queryType: canaries.phone,
      queryValue: canaries.accountName,
    });
    const exported = await sluice(['log', '--json', '--limit', '1000', '--dir', dir]);
    const shown = await sluice(['log', '--limit', '1000', '--dir', dir]);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.ports.metrics}/metrics`)).text();
    expect(await gateway.stop()).to.equal(0);

    const written: Record<string, string> = {
      'sluice log --json': exported.stdout,
      'sluice log': shown.stdout,
      metrics,
      terminal: gateway.output(),
    };
    for (const name of readdirSync(join(dir, 'logs'))) {
      const file = join(dir, 'logs', name);
      if (statSync(file).isFile()) written[name] = readFileSync(file, 'utf8');
    }
    expect(exported.stdout.length).to.be.greaterThan(5000);
    const key = readFileSync(join(dir, 'certs', 'server.key'), 'utf8').split('\n')[1] ?? '';
    const found = Object.entries(written).flatMap(([where, text]) =>
      [...Object.values(canaries), ...worldNames, key, 'sluice-demo-secret']
        .filter((value) => text.includes(value))
        .map((value) => `${value} in ${where}`),
    );
    expect(found).to.deep.equal([]);
    remove();
  });
});
