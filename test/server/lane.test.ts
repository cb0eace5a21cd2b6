import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { zeroFen } from '../../src/protocol/values.js';
import type { Arrears } from '../../src/revenue/revenue-system.js';
import { Lane, LaneFull } from '../../src/server/lane.js';
import { customerWith } from '../support/customers.js';
import { ask, freshSerial, paymentBody } from '../support/platform.js';
import { startServer } from '../support/server.js';

/** A promise and what settles it. */
const held = () => Promise.withResolvers<void>();

const placesOf = (atOnce: number, waiting: number) => ({ atOnce: () => atOnce, waiting: () => waiting });

describe('a lane', () => {
  it('has as many places as it is told at the moment', async () => {
    let atOnce = 1;
    const lane = new Lane({ atOnce: () => atOnce, waiting: () => 10 }, systemClock);
    const gates = Array.from({ length: 6 }, held);
    let working = 0;
    let most = 0;
    const all = gates.map((gate) =>
      lane.run(async () => {
        most = Math.max(most, ++working);
        await gate.promise;
        working--;
      }, 10_000),
    );
    atOnce = 3;
    gates[0]?.resolve();
    await all[0];
    expect(working).to.equal(3);
    atOnce = 1;
    for (const gate of gates.slice(1, 4)) gate.resolve();
    await Promise.all(all.slice(0, 4));
    expect(working).to.equal(1);
    for (const gate of gates) gate.resolve();
    await Promise.all(all);
    expect(most).to.equal(3);
  });

  it('lets so many work at once, the others in their order, and turns away what is too much', async () => {
    const lane = new Lane(placesOf(2, 2), systemClock);
    const gate = held();
    const order: number[] = [];
    const work = (n: number) =>
      lane.run(async () => {
        order.push(n);
        await gate.promise;
      }, 10_000);
    const all = [work(1), work(2), work(3), work(4)];
    await Promise.resolve();
    expect(order).to.deep.equal([1, 2]);
    const refused = await work(5).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(LaneFull);
    gate.resolve();
    await Promise.all(all);
    expect(order).to.deep.equal([1, 2, 3, 4]);
    await work(6);
    expect(order).to.have.length(5);
  });

  it('turns away who waited too long, and his place is free again', async () => {
    const lane = new Lane(placesOf(1, 1), systemClock);
    const gate = held();
    const first = lane.run(() => gate.promise, 1000);
    expect(await lane.run(async () => 1, 20).catch((error: unknown) => error)).to.be.instanceOf(LaneFull);
    gate.resolve();
    await first;
    expect(await lane.run(async () => 2, 20)).to.equal(2);
  });
});

describe('queries that never end', () => {
  it('do not hold up a payment', async () => {
    const gate = held();
    const owed: Arrears = { customer: customerWith(), prepaid: zeroFen, bills: [] };
    const server = await startServer({
      revenue: {
        arrears: () => gate.promise.then(() => owed),
        pay: async () => ({ kind: 'booked', paymentNumber: '1' }),
      },
      limits: { queriesAtOnce: 2, paymentsAtOnce: 2 },
    });
    const query = { acctOrgNo: '36745', queryType: '0', queryValue: '10125334' };
    const queries = Array.from({ length: 30 }, () => ask(server.client, '200001', query));
    const paid = await ask(server.client, '200002', paymentBody('36745', '10125334', 100, freshSerial()));
    expect(paid.body.rtnCode).to.equal('9999');
    gate.resolve();
    for (const { body } of await Promise.all(queries)) expect(body.rtnCode).to.equal('9999');
    await server.close();
  });
});
