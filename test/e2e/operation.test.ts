/* Running it: several processes, reload under load, drain, monitoring. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { messageFixture } from '../support/fixtures.js';
import { demoDirectory, type Gateway, platformTls, sluice, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody, sendFrame } from '../support/platform.js';

const query = Buffer.from(messageFixture('01').frameHex, 'hex');
const RELOADS = 100;

/** Processes that this one has started. */
const childrenOf = (pid: number): number[] =>
  execFileSync('sh', ['-c', `cat /proc/${pid}/task/*/children`])
    .toString()
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number);

for (const workers of [1, 2]) {
  describe(`a gateway of ${workers} process(es) at the socket`, () => {
    let dir: string;
    let remove: () => void;
    let gateway: Gateway;
    let tls: ReturnType<typeof platformTls> & { port: number };
    const config = () => join(dir, 'sluice.yaml');
    before(async () => {
      ({ dir, remove } = await demoDirectory());
      writeFileSync(config(), readFileSync(config(), 'utf8').replace('workers: 1 ', `workers: ${workers} `));
      gateway = await startGateway(dir);
      tls = { ...platformTls(dir), port: gateway.port };
    });
    after(() => remove());
    const fetchText = async (path: string) =>
      (await fetch(`http://127.0.0.1:${gateway.ports.metrics}${path}`)).text();

    it('answers, and counts all processes in its metrics', async () => {
      const codes = await Promise.all(Array.from({ length: 40 }, () => sendFrame(tls, query)));
      expect(codes.flat().map(({ body }) => body.rtnCode)).to.deep.equal(Array(40).fill('9999'));
      expect(await fetchText('/health')).to.equal('ok\n');
      expect(await fetchText('/ready')).to.equal('ready\n');
      const metrics = await fetchText('/metrics');
      const counted = /sluice_exchanges_total\{service="200001",code="9999",unit="36745"\} (\d+)/.exec(
        metrics,
      );
      expect(Number(counted?.[1])).to.equal(40);
    });

    it(`reloads ${RELOADS} times under load without one failed exchange`, async () => {
      let loading = true;
      const failures: string[] = [];
      let answered = 0;
      const client = async (pays: boolean) => {
        while (loading) {
          const body = paymentBody('39536', '022000', 100, freshSerial());
          const answer = await (pays
            ? ask(tls, '200002', body)
            : ask(tls, '200001', { acctOrgNo: '36745', queryType: '0', queryValue: '10125334' })
          ).catch((error: unknown) => String(error));
          if (typeof answer === 'string') failures.push(answer);
          else if (answer.body.rtnCode !== '9999') failures.push(String(answer.body.rtnCode));
          answered++;
        }
      };
      const clients = [client(true), client(false), client(false)];
      const pid = gateway.process.pid ?? 0;
      let reloads = 0;
      for (; reloads < RELOADS; reloads++) {
        const seen = answered;
        process.kill(pid, 'SIGHUP');
        while (answered < seen + 3) await new Promise((resolve) => setImmediate(resolve));
      }
      loading = false;
      await Promise.all(clients);
      expect(failures).to.deep.equal([]);
      expect(answered).to.be.greaterThan(RELOADS);
    }).timeout(120_000);

    it('takes over a changed unit, and refuses a bad configuration whole', async () => {
      const text = readFileSync(config(), 'utf8');
      writeFileSync(config(), text.replace('unit: "36745"', 'state: "suspended"\n    unit: "36745"'));
      const done = await sluice(['reload', '--dir', dir]);
      expect(done.code, done.stderr).to.equal(0);
      const pay = () => ask(tls, '200002', paymentBody('36745', '10125334', 11_310, freshSerial()));
      expect((await pay()).body.rtnCode).to.equal('2005');
      writeFileSync(config(), text.replace('unit: "36745"', 'state: "gone"\n    unit: "36745"'));
      const refused = await sluice(['reload', '--dir', dir]);
      expect(refused.code).to.equal(1);
      expect((await pay()).body.rtnCode).to.equal('2005');
      writeFileSync(config(), text);
      expect((await sluice(['reload', '--dir', dir])).code).to.equal(0);
      expect((await pay()).body.rtnCode).to.equal('9999');
    });

    if (workers > 1) {
      it('replaces a worker that dies', async () => {
        const before = childrenOf(gateway.process.pid ?? 0);
        expect(before).to.have.length(workers);
        process.kill(before[0] ?? 0, 'SIGKILL');
        for (;;) {
          const now = childrenOf(gateway.process.pid ?? 0);
          if (now.length === workers && !now.includes(before[0] ?? 0)) break;
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect((await sendFrame(tls, query))[0]?.body.rtnCode).to.equal('9999');
      }).timeout(30_000);
    }

    it('finishes what it accepted on SIGTERM and exits 0', async () => {
      const asked = Array.from({ length: 10 }, () => sendFrame(tls, query));
      const first = await Promise.race(asked);
      expect(first[0]?.body.rtnCode).to.equal('9999');
      const code = gateway.stop();
      // Refused while connecting, or answered; never accepted and then dropped.
      for (const outcome of await Promise.allSettled(asked)) {
        if (outcome.status === 'fulfilled') expect(outcome.value[0]?.body.rtnCode).to.equal('9999');
      }
      expect(await code).to.equal(0);
    });
  });
}
