/* SIGKILL while payments pour in (faults M1): what was answered is what is there after the restart. */
import { expect } from 'chai';
import { demoDirectory, platformTls, sluice, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';

const UNIT = '39536';
const CUSTOMERS = ['022000', '0410000000'];
const ROUNDS = Number(process.env.SLUICE_KILLS ?? 3);

describe('a gateway that is killed while payments pour in', () => {
  it(`keeps every payment it answered 9999, and half-books none (${ROUNDS} kills)`, async () => {
    const { dir, remove } = await demoDirectory();
    const told = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      const gateway = await startGateway(dir);
      const tls = { ...platformTls(dir), port: gateway.port };
      let answered = 0;
      let enough = () => {};
      const busy = new Promise<void>((resolve) => {
        enough = resolve;
      });
      let killed = false;
      const payer = async (worker: number) => {
        while (!killed) {
          const serial = freshSerial();
          const customer = CUSTOMERS[worker % CUSTOMERS.length] ?? '';
          told.set(serial, 'no answer');
          const payment = paymentBody(UNIT, customer, 100 + worker, serial);
          const answer = await ask(tls, '200002', payment).catch(() => undefined);
          if (answer !== undefined) told.set(serial, String(answer.body.rtnCode));
          if (++answered === 40 + round * 7) enough();
        }
      };
      const payers = Array.from({ length: 8 }, (_, worker) => payer(worker));
      await busy;
      killed = true;
      await gateway.kill();
      await Promise.all(payers);
    }

    const gateway = await startGateway(dir);
    const tls = { ...platformTls(dir), port: gateway.port };
    const wrong: string[] = [];
    for (const [serial, verdict] of told) {
      const { body } = await ask(tls, '200012', {
        acctOrgNo: UNIT,
        bankSerial: serial,
        bankDate: '20240404',
      });
      const status = String(body.rtnCode);
      const fits = verdict === '9999' ? status === '9999' : ['9999', '3000'].includes(status);
      if (!fits) wrong.push(`${serial}: told ${verdict}, now ${status}`);
    }
    expect(wrong).to.deep.equal([]);
    expect([...told.values()].filter((verdict) => verdict === '9999').length).to.be.greaterThan(30 * ROUNDS);
    expect(await gateway.stop()).to.equal(0);
    const proof = await sluice(['verify', '--dir', dir]);
    expect(proof.code, proof.stdout).to.equal(0);
    remove();
  }).timeout(120_000);
});
