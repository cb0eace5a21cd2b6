import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import { demoUnits, fillDemo, openBuiltinRevenue, unitWith, verifyLedger } from '../../src/revenue/index.js';
import { eachDatabase } from '../support/databases.js';
import { noon, testClock, today } from './world.js';

describe('demo units', () => {
  it('are those of the captured world, with their dialects, and two more', () => {
    const world = JSON.parse(readFileSync('fixtures/world.json', 'utf8'));
    for (const unit of world.clearingUnits) {
      const found = demoUnits.find((one) => one.unit === unit.unit);
      expect(found).to.include({ name: unit.name, shortName: unit.shortName });
      expect(found?.dialect).to.include(unit.dialect);
    }
    expect(demoUnits.length).to.equal(world.clearingUnits.length + 2);
  });
});

eachDatabase('demo', (db) => {
  it('is filled once, owes what the captures say, and its books are proved', async () => {
    const clock = testClock(noon);
    await fillDemo(db(), { clock, ids: systemIds });
    const revenue = openBuiltinRevenue({ database: db(), clock, ids: systemIds });
    const xuancheng = await revenue.arrears(unitWith('36745'), '10125334', today);
    expect(xuancheng?.bills.map((bill) => [bill.bill, bill.receivable, bill.lateFee])).to.deep.equal([
      ['36745001', 5220n, 0n],
      ['36745002', 6090n, 0n],
    ]);
    expect((await revenue.arrears(unitWith('36239'), '000014564', today))?.prepaid).to.equal(44n);
    const invented = unitWith('90001');
    const [first] = await revenue.findCustomers(invented, 'oldCustomer', 'YS000003');
    expect(first?.customer).to.equal('0090010003');
    expect(await revenue.agreements(invented, '0090010003')).to.have.length(1);
    const bills = await revenue.issuedBills(invented, '0090010003', undefined, undefined);
    expect(bills?.length).to.be.oneOf([0, 4]);
    for (const bill of bills ?? []) expect(bill.fees[0]).to.have.length(10);
    expect(await revenue.findCustomers(invented, 'mobile', '13900000023')).to.have.length(2);
    expect(await verifyLedger(db())).to.deep.equal([]);
  });
});
