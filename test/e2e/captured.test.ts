/* The captured messages against a real gateway process with the demo world (expectations: fixtures/messages). */
import { expect } from 'chai';
import { demoGateway } from '../support/demo-gateway.js';
import { messageFixture, messageFixtures } from '../support/fixtures.js';
import { ask, sendFrame } from '../support/platform.js';
import type { Body } from '../support/raw-client.js';

const frameOf = (prefix: string) => Buffer.from(messageFixture(prefix).frameHex, 'hex');
const capturedBody = (prefix: string): Body =>
  (JSON.parse(messageFixture(prefix).data) as { body: Body }).body;

describe('the captured messages, over a real socket', () => {
  const demo = demoGateway();
  const code = async (prefix: string) => (await sendFrame(demo.tls, frameOf(prefix)))[0]?.body.rtnCode;

  it('are all accounted for here', () => {
    expect(messageFixtures.map(({ name }) => name.slice(0, 2))).to.include.members([
      '01',
      '02',
      '03',
      '04',
      '05',
      '06',
      '07',
      '08',
    ]);
  });

  it('01: the customer owes both bills', async () => {
    const [answer] = await sendFrame(demo.tls, frameOf('01'));
    expect(answer?.body).to.include({
      rtnCode: '9999',
      consNo: '10125334',
      totalOweAmt: '11310',
      recordCount: '2',
    });
  });

  it('02: the payment is booked once; the same frame again answers 2001 and books nothing', async () => {
    expect(await code('02')).to.equal('9999');
    expect(await code('02')).to.equal('2001');
    const { body } = await ask(demo.tls, '200001', {
      acctOrgNo: '123456',
      queryType: '0',
      queryValue: '1542080708',
    });
    expect(body).to.include({ totalOweAmt: '0', recordCount: '0', prepayAmt: '0' });
  });

  it('03: nothing owed is answered as that water company did, member by member', async () => {
    const captured = capturedBody('03');
    const { body } = await ask(demo.tls, '200001', {
      acctOrgNo: '36239',
      queryType: '0',
      queryValue: '000014564',
      bgnYm: '201705',
      endYm: '201705',
    });
    expect(body).to.deep.include(captured);
  });

  it('04: is answered as in 05, the pilot in yuan, value by value', async () => {
    const [answer] = await sendFrame(demo.tls, frameOf('04'));
    const { rtnMsg: _text, ...captured } = capturedBody('05');
    expect(inFen(answer?.body)).to.deep.include(inFen(captured) as Body);
  });

  it('06: a payment with rows as an array, in yuan', async () => {
    expect(await code('06')).to.equal('9999');
    const { body } = await ask(demo.tls, '200001', {
      acctOrgNo: '00',
      queryType: '0',
      queryValue: '54118033',
    });
    expect(body).to.include({ totalOweAmt: '0.00', rtnCode: '9999' });
  });

  it('07: a file that is not there', async () => {
    expect(await code('07')).to.equal('4003');
  });

  it('08: a length that is one short gets no answer', async () => {
    expect(await sendFrame(demo.tls, Buffer.concat([frameOf('08'), Buffer.alloc(8)]))).to.deep.equal([]);
  });

  it('leave a ledger that holds', async () => {
    const { sluice } = await import('../support/gateway.js');
    expect((await sluice(['verify', '--dir', demo.gateway.dir])).code).to.equal(0);
  });
});

/** The pilot mixed "0" and "0.00": amounts are compared as amounts. */
function inFen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inFen);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    /Amt$|Penalty$/.test(name) && typeof member === 'string'
      ? `${Math.round(Number(member) * 100)} fen`
      : inFen(member),
  ]);
  return Object.fromEntries(entries);
}
