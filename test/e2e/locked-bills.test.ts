/* What the platform sees of a bill that is out for deduction, under each lock policy, through a real process and real sockets. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { chinaDay, systemClock, systemIds } from '../../src/clock.js';
import { loadConfig } from '../../src/config/index.js';
import type { Day, Month } from '../../src/protocol/values.js';
import { addCustomers, issueBills, openBuiltinRevenue, unitWith } from '../../src/revenue/index.js';
import { withDatabase } from '../../src/with-database.js';
import { fen } from '../revenue/world.js';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoDirectory, type Gateway, platformTls, startGateway } from '../support/gateway.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';

const policies = { allow: '36745', reject1006: '123456', hide: '36239' } as const;
const CUSTOMER = '90000001';

describe('a bill that is out for deduction, over the socket', () => {
  let gateway: Gateway;
  let remove = () => {};
  let tls: ReturnType<typeof platformTls> & { port: number };
  before(async function () {
    this.timeout(120_000);
    const made = await demoDirectory();
    remove = made.remove;
    const file = join(made.dir, 'sluice.yaml');
    const config = parse(readFileSync(file, 'utf8'));
    for (const [lockPolicy, id] of Object.entries(policies)) {
      const unit = config.units.find((one: { unit: string }) => one.unit === id);
      unit.dialect = { ...unit.dialect, lockPolicy, billsChosen: 'oldestFirst', nothingOwed: '9999-empty' };
    }
    // Its own copy of each list: an anchor of the demo would be shared.
    writeFileSync(file, stringify(config, { aliasDuplicateObjects: false }));
    for (const id of Object.values(policies)) {
      await withDatabase(loadConfig(made.dir), async (database) => {
        const books = { database, clock: systemClock, ids: systemIds };
        const unit = unitWith(id);
        await addCustomers(books, unit, [{ customer: CUSTOMER }]);
        await openBuiltinRevenue(books).maintainAgreement(unit, {
          ...{ agreementNumber: `XY${id}`, customer: CUSTOMER, bankCode: '105', bankAccount: '62220000' },
          ...{ bankAccountName: '', certType: '', certNumber: '', mobile: '', email: '' },
          ...{ deal: 'sign', receivedAt: systemClock.now() },
        });
        const bill = {
          month: '202403' as Month,
          issuedOn: '20240401' as Day,
          lateFeeFrom: '20981231' as Day,
        };
        await issueBills(books, unit, [{ ...bill, bill: `B${id}`, customer: CUSTOMER, amount: fen(10_000) }]);
      });
      const ran = await sluice(['deduct', 'run', '--unit', id, '--dir', made.dir, '--json']);
      expect(ran.stderr).equal('');
      expect(JSON.parse(ran.stdout)).to.include({ state: 'published' });
    }
    gateway = await startGateway(made.dir);
    tls = { ...platformTls(made.dir), port: gateway.port };
  });
  after(async () => {
    await gateway?.stop();
    remove();
  });

  const owed = async (unit: string) => {
    const { body } = await ask(tls, '200001', { acctOrgNo: unit, queryType: '0', queryValue: CUSTOMER });
    return [body.rtnCode, String(body.totalOweAmt ?? '')];
  };
  const pay = async (unit: string) => {
    const day = chinaDay(systemClock.now());
    const body = paymentBody(unit, CUSTOMER, 10_000, freshSerial(), day);
    return (await ask(tls, '200002', body)).body.rtnCode;
  };
  const balance = async (unit: string) =>
    (await ask(tls, '200007', { acctOrgNo: unit, consNo: CUSTOMER })).body.acctBal;

  it('allow: it is shown and can be paid', async () => {
    expect(await owed(policies.allow)).to.deep.equal(['9999', '10000']);
    expect(await pay(policies.allow)).equal('9999');
    expect(await owed(policies.allow)).to.deep.equal(['9999', '0']);
    expect(Number(await balance(policies.allow))).equal(0);
  });
  it('reject1006: the query is answered 1006, a payment refused', async () => {
    expect((await owed(policies.reject1006))[0]).equal('1006');
    expect(await pay(policies.reject1006)).equal('2005');
    expect(Number(await balance(policies.reject1006))).equal(0);
  });
  it('hide: nothing is owed, and what is paid all the same is prepaid', async () => {
    expect(await owed(policies.hide)).to.deep.equal(['9999', '0']);
    expect(await pay(policies.hide)).equal('9999');
    expect(Number(await balance(policies.hide))).equal(10_000);
  });
});
