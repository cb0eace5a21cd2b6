import { expect } from 'chai';
import { systemIds } from '../../src/clock.js';
import { sql, textCell } from '../../src/database/index.js';
import {
  billsOfBatch,
  bookDebit,
  eligibleBills,
  lockBills,
  unlockBatch,
} from '../../src/revenue/builtin/deduction.js';
import { assignSuspense, holdInSuspense, returnSuspense } from '../../src/revenue/builtin/suspense.js';
import { openBuiltinRevenue, suspenseItems, verifyLedger } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { eachDatabase } from '../support/databases.js';
import { builtinWorld } from './builtin-world.js';
import {
  customerWith,
  fen,
  freshSerial,
  noon,
  payment,
  refundOf,
  standing,
  supplementOf,
  testClock,
  today,
} from './world.js';

const selectBookings = sql('select serial, customer, state from platform_bookings where unit = :unit');

eachDatabase(
  'suspense and deduction',
  (db) => {
    const books = () => ({ database: db(), clock: testClock(), ids: systemIds });
    const collect = async <T>(all: AsyncIterable<T>): Promise<T[]> => {
      const found: T[] = [];
      for await (const one of all) found.push(one);
      return found;
    };

    it('holds money of an unknown customer under its serial until it is assigned or given back', async () => {
      const world = builtinWorld(db(), db());
      const unit = unitWith('Q1');
      const [one, two, three] = [payment('nobody', 150), payment('nobody', 70), payment('nobody', 80)];
      const held = await holdInSuspense(books(), unit, supplementOf(one));
      expect(held.kind).to.equal('held');
      expect((await holdInSuspense(books(), unit, supplementOf(one))).kind).to.equal('already-booked');
      await holdInSuspense(books(), unit, supplementOf(two));
      await holdInSuspense(books(), unit, supplementOf(three));
      expect(await world.revenue.pay(unit, one)).to.include({ kind: 'duplicate', same: true });
      expect(await world.revenue.paymentStatus(unit, one.serial, noon)).to.include({
        kind: 'booked',
        refunded: false,
      });
      expect(await verifyLedger(db())).to.deep.equal([]);

      const customer = await customerWith(world, unit, { a: 100 });
      const number = held.kind === 'held' ? held.number : '';
      expect(await assignSuspense(books(), unit, number, 'nobody', 'wang')).to.include({
        refusal: 'unknown-customer',
      });
      expect(await assignSuspense(books(), unit, number, customer, 'wang')).to.include({ kind: 'done' });
      expect(await assignSuspense(books(), unit, number, customer, 'wang')).to.include({
        refusal: 'resolved-already',
      });
      expect(await standing(world, unit, customer)).to.equal(' 50');
      expect(await world.revenue.refund(unit, refundOf(two))).to.include({ kind: 'refunded', repeat: false });
      expect(await world.revenue.refund(unit, refundOf(two))).to.include({ kind: 'refunded', repeat: true });
      const [left] = await suspenseItems(db(), unit, 'held');
      expect(await returnSuspense(books(), unit, left?.number ?? '', 'payer unknown')).to.include({
        kind: 'done',
      });
      expect((await world.revenue.supplement(unit, supplementOf(three, { customer }))).kind).to.equal(
        'already-booked',
      );
      const rows = (await db().all(selectBookings, { unit: unit.id })).map((row) =>
        ['serial', 'customer', 'state'].map((name) => textCell(row, name)).join(' '),
      );
      expect(rows).to.have.members([
        `${one.serial} nobody booked`,
        `${two.serial} nobody refunded`,
        `${three.serial} nobody refunded`,
      ]);
      expect(await world.revenue.refund(unit, refundOf(one))).to.include({ kind: 'refunded' });
      expect(await verifyLedger(db())).to.deep.equal([]);
    });

    it('locks bills under agreements with their late fee frozen, and books what was debited', async () => {
      const world = builtinWorld(db(), db());
      const unit = unitWith('Q2');
      const revenue = openBuiltinRevenue(books());
      const customer = await customerWith(
        world,
        unit,
        { a: 10_000, b: 20_000, c: 500 },
        { late: '20240110' },
      );
      await customerWith(world, unit, { a: 10_000 }); // No agreement.
      const agreement = {
        agreementNumber: 'XYQ2',
        customer,
        bankCode: '1',
        bankAccount: '62',
        bankAccountName: '',
      };
      await revenue.maintainAgreement(unit, {
        ...agreement,
        certType: '',
        certNumber: '',
        mobile: '',
        email: '',
        deal: 'sign',
        receivedAt: noon,
      });
      const eligible = await collect(eligibleBills(db(), unit, today));
      expect(eligible.map((bill) => [bill.bill.slice(-1), bill.principal, bill.lateFee])).to.deep.equal([
        ['a', 10_000n, 180n],
        ['b', 20_000n, 360n],
        ['c', 500n, 9n],
      ]);
      await db().transaction((tx) => lockBills(tx, unit, 'batch-1', eligible));
      await db().transaction((tx) => lockBills(tx, unit, 'batch-2', eligible));
      expect(await collect(eligibleBills(db(), unit, today))).to.deep.equal([]);
      expect(await collect(billsOfBatch(db(), unit, 'batch-2', today))).to.deep.equal([]);
      // The fee stays as it was frozen, however late it gets.
      const later = '20240131' as typeof today;
      expect((await collect(billsOfBatch(db(), unit, 'batch-1', later)))[0]?.lateFee).to.equal(180n);

      const debit = (letter: string, amount: number) => ({
        batch: 'batch-1',
        serial: freshSerial(),
        customer,
        bill: customer + letter,
        amount: fen(amount),
        day: later,
        receivedAt: noon,
      });
      const first = debit('a', 10_180);
      const bookIt = (one: typeof first) => db().transaction((tx) => bookDebit(books(), tx, unit, one));
      expect((await bookIt(first)).kind).to.equal('settled');
      expect((await bookIt(first)).kind).to.equal('already-booked');
      expect(await standing(world, unit, customer)).to.equal('bc 0');
      // Bill c is out, yet it is paid at the counter of the platform meanwhile; its debit becomes prepaid.
      expect(
        (
          await revenue.pay(
            unitWith('Q2', { billsChosen: 'byId' }),
            payment(customer, 509, { bills: [`${customer}c`] }),
          )
        ).kind,
      ).to.equal('booked');
      expect((await bookIt(debit('c', 509))).kind).to.equal('prepaid');
      expect(await standing(world, unit, customer)).to.equal('b 509');
      expect(await db().transaction((tx) => unlockBatch(tx, unit, 'batch-1'))).to.equal(1);
      expect(
        (await collect(eligibleBills(db(), unit, today))).map((bill) => bill.bill.slice(-1)),
      ).to.deep.equal(['b']);
      const records = await revenue.payments(unit, customer, later, later);
      expect(records?.map((one) => one.channel)).to.deep.equal(['deduction', 'deduction']);
      expect(await verifyLedger(db())).to.deep.equal([]);
    });
  },
  { h2: true },
);
