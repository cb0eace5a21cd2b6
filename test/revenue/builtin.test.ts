import { expect } from 'chai';
import { unitWith } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { builtinWorld } from './builtin-world.js';
import { payment, refundOf } from './world.js';

eachDatabase('built-in revenue', (db) => {
  it('books once, repeats, refunds, and proves its books', async () => {
    const w = builtinWorld(db(), await db.open());
    const unit = unitWith('U1');
    await w.addCustomer(unit, 'c1', { bills: [{ bill: 'b1', month: '202401', amount: 100 }], prepaid: 30 });
    const order = payment('c1', 100);
    expect(await w.revenue.pay(unit, order)).to.include({ kind: 'booked' });
    expect(await w.other.pay(unit, order)).to.include({ kind: 'duplicate', same: true });
    expect(await w.revenue.refund(unit, refundOf(order))).to.include({ kind: 'refunded', repeat: false });
    expect(await w.verify()).to.deep.equal([]);
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        (i % 2 ? w.revenue : w.other).pay(unit, payment('c1', 70, { serial: 'same-serial-1' as never })),
      ),
    );
    expect(all.filter((o) => o.kind === 'booked').length).to.equal(1);
    expect(all.filter((o) => o.kind === 'duplicate').length).to.equal(199);
    expect(await w.verify()).to.deep.equal([]);
  });
});
