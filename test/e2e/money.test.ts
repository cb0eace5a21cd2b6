/* What must hold of money, through a real process and real sockets. */
import { expect } from 'chai';
import { sluiceInside as sluice } from '../support/command-line.js';
import { demoGateway } from '../support/demo-gateway.js';

import { ask, freshSerial, paymentBody } from '../support/platform.js';

const UNIT = '39536';
const CUSTOMER = '022000';

describe('money over the socket', () => {
  const demo = demoGateway();
  const code = async (service: string, body: Record<string, unknown>) =>
    (await ask(demo.tls, service, body)).body.rtnCode;
  const balance = async () =>
    (await ask(demo.tls, '200007', { acctOrgNo: UNIT, consNo: CUSTOMER })).body.acctBal;

  it('200 identical payments at once: one is booked, 199 are told 2001', async () => {
    const before = Number(await balance());
    const body = paymentBody(UNIT, CUSTOMER, 100, freshSerial());
    const codes = await Promise.all(Array.from({ length: 200 }, () => code('200002', body)));
    expect(codes.filter((one) => one === '9999')).to.have.length(1);
    expect(codes.filter((one) => one === '2001')).to.have.length(199);
    expect(Number(await balance())).to.equal(before + 100);
  }).timeout(60_000);

  it('pay, take back, pay again under a new serial', async () => {
    const first = freshSerial();
    expect(await code('200002', paymentBody(UNIT, CUSTOMER, 250, first))).to.equal('9999');
    const refund = {
      acctOrgNo: UNIT,
      originalBankSerial: first,
      bankSerial: freshSerial(),
      bankDate: '20240404',
      rcvAmt: '250',
    };
    expect(await code('300002', refund)).to.equal('9999');
    expect(await code('300002', refund)).to.equal('9999');
    expect(await code('200002', paymentBody(UNIT, CUSTOMER, 250, first))).to.equal('2001');
    expect(await code('200002', paymentBody(UNIT, CUSTOMER, 250, freshSerial()))).to.equal('9999');
  });

  it('a serial that was told 3000 can never be booked afterwards', async () => {
    const serial = freshSerial();
    const status = { acctOrgNo: UNIT, bankSerial: serial, bankDate: '20240404' };
    expect(await code('200012', status)).to.equal('3000');
    expect(await code('200002', paymentBody(UNIT, CUSTOMER, 100, serial))).to.equal('2005');
    expect(await code('200012', status)).to.equal('3000');
  });

  it('a refused payment stays refused, and its status says so', async () => {
    const serial = freshSerial();
    expect(await code('200002', paymentBody('36745', '10125334', 1, serial))).to.equal('2002');
    expect(await code('200012', { acctOrgNo: '36745', bankSerial: serial, bankDate: '20240404' })).to.equal(
      '3003',
    );
    expect(await code('200002', paymentBody('36745', '10125334', 1, serial))).to.equal('2002');
    expect(await code('200002', paymentBody('36745', '10125334', 11_310, serial))).to.equal('2005');
  });

  it('envelope refusals: unknown and foreign units, unknown services, missing and contradicting fields', async () => {
    const query = { acctOrgNo: UNIT, queryType: '0', queryValue: CUSTOMER };
    expect(await code('200001', { ...query, acctOrgNo: '99999' })).to.equal('0001');
    expect(await code('200001', { ...query, acctOrgNo: '' })).to.equal('0001');
    expect(await code('200010', query)).to.equal('0008');
    expect(await code('200001', { ...query, queryType: '7' })).to.equal('1002');
    expect(await code('200001', { ...query, queryValue: 'nobody' })).to.equal('1002');
    const payment = paymentBody(UNIT, CUSTOMER, 100, freshSerial());
    expect(await code('200002', { ...payment, rcvAmt: '' })).to.equal('0004');
    expect(await code('200002', { ...payment, bankSerial: '' })).to.equal('0004');
    expect(await code('200002', { ...payment, rcvDet: '' })).to.equal('0004');
    expect(await code('200002', { ...payment, rcvAmt: '1e3' })).to.equal('0003');
    expect(await code('200002', { ...payment, chargeCnt: '3' })).to.equal('0003');
    expect(
      await code('200002', { ...payment, rcvDet: '022000|0|202401|$0410000000|0|202401|$', chargeCnt: '2' }),
    ).to.equal('0003');
    expect(await code('200002', { ...payment, bankDate: '20991231' })).to.equal('2003');
  });

  it('the other services answer from the revenue database', async () => {
    const who = { acctOrgNo: UNIT, queryType: '0', queryValue: CUSTOMER };
    const customer = (await ask(demo.tls, '200003', who)).body;
    expect(customer).to.include({ rtnCode: '9999', consTotalCnt: '1' });
    expect(JSON.stringify(customer)).not.to.contain('赵敏');
    expect(await code('200004', { acctOrgNo: UNIT, consNo: CUSTOMER, dealType: '1' })).to.equal('9999');
    expect(await code('200004', { acctOrgNo: UNIT, consNo: 'nobody', dealType: '1' })).to.equal('1002');
    expect(await code('200004', { acctOrgNo: UNIT, consNo: CUSTOMER, dealType: '3' })).to.equal('0003');
    const bills = (await ask(demo.tls, '200005', who)).body.contents as { content1: string }[];
    expect(bills[0]?.content1.split('|')[0]).to.equal('9001');
    const payments = (await ask(demo.tls, '200008', who)).body.payInfos as { payInfo: string }[];
    expect(payments.length).to.be.greaterThan(2);
    const agreement = {
      acctOrgNo: UNIT,
      agreementNo: 'A-1',
      consNo: CUSTOMER,
      dealType: '1',
      bankAcctNo: '6222020000000001',
    };
    expect(await code('200009', agreement)).to.equal('9999');
    const signed = (await ask(demo.tls, '200006', who)).body.payModeInfo as Record<string, string>[];
    expect(signed.map(({ agreementNo, consName }) => [agreementNo, consName])).to.deep.equal([
      ['A-1', '赵敏'],
    ]);
    expect(await code('200009', { ...agreement, dealType: '2' })).to.equal('9999');
    expect((await ask(demo.tls, '200006', who)).body.payModeInfo).to.have.length(0);
    expect(await code('200009', { ...agreement, dealType: '9' })).to.equal('0003');
  });

  it('a question that names nobody is answered 0004, one about a stranger 1002', async () => {
    for (const service of ['200005', '200006', '200007', '200008', '200014']) {
      expect(await code(service, { acctOrgNo: UNIT, queryType: '0', queryValue: '' }), service).to.equal(
        '0004',
      );
      expect(await code(service, { acctOrgNo: UNIT, queryType: '0', queryValue: 'no' }), service).to.equal(
        '1002',
      );
    }
  });

  it('and the ledger holds', async () => {
    expect((await sluice(['verify', '--dir', demo.gateway.dir])).code).to.equal(0);
  });

  it('every exchange can be found, without a personal value', async () => {
    const found = await sluice([
      'log',
      '--customer',
      CUSTOMER,
      '--json',
      '--limit',
      '1000',
      '--dir',
      demo.gateway.dir,
    ]);
    expect(JSON.parse(found.stdout)).to.have.length.greaterThan(200);
    expect(found.stdout).not.to.contain('赵敏');
    expect(found.stdout).not.to.contain('6222020000000001');
  });
});
