/** `sluice trace`: one page that joins what every room knows. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { momentOf, systemIds } from '../../src/clock.js';
import { sql } from '../../src/database/index.js';
import { exchangeSettings } from '../../src/exchange/index.js';
import { silentLog } from '../../src/log.js';
import { makeMetrics } from '../../src/metrics.js';
import type { Day, Fen, Serial } from '../../src/protocol/values.js';
import { fenOf } from '../../src/protocol/values.js';
import { holdInSuspense } from '../../src/revenue/builtin/suspense.js';
import { addCustomers, issueBills, openBuiltinRevenue } from '../../src/revenue/index.js';
import { unitWith } from '../../src/revenue/unit.js';
import { openExchangeLog } from '../../src/server/index.js';
import {
  type Section,
  sectionsOf,
  type TraceParts,
  traceHtml,
  traceJson,
  traceSubject,
} from '../../src/trace/index.js';
import { testClock } from '../revenue/world.js';
import { eachDatabase } from '../support/databases.js';
import { temporaryDirectory } from '../support/directory.js';

const UNIT = '39536';
const DAY = '20240404' as Day;
const serialOf = (n: number) => `2024040400003001${String(n).padStart(12, '0')}` as Serial;
const NOBODY = 'no-such-1';
const insertFile = sql(`
  insert into incoming_files (file_id, unit, file_type, file_day, file_name, name_slot, sha256, byte_count, source, state,
    place, stored_path, filed, found_at, stored_at, attempts, retry_at, claimed_until)
  values (:id, :unit, 'DSDZ', :day, :name, :name, :sha256, 1, 'watcher', 'processed', 'sddl', :path, 'Y', :at, :at, 0, 0, 0)`);
const insertCall = sql(`
  insert into existing_serials (unit, serial, their_serial, state, kind, customer, amount, booking_day, payment_no,
    claimed_at, changed_at)
  values (:unit, :serial, :their, 'booked', 'payment', :customer, 700, :day, :number, :at, :at)`);
const insertTakenBack = sql(`
  insert into existing_refunds (unit, payment_no, serial, refund_key, kind, state, refund_no, attempt, unsure_until,
    claimed_at, changed_at)
  values (:unit, :number, :serial, 'k7', 'refund', 'done', 'R7', 'a', 0, :at, :at)`);
const insertDay = sql(`
  insert into recon_days (unit, day, state, run_no, changed_at, alarmed_at, claimed_until)
  values (:unit, :day, 'repaired', 1, :at, 0, 0)`);
const insertRun = sql(`
  insert into recon_runs (unit, day, run_no, kind, state, sha256, settings, line_count, line_amount, our_count, our_amount,
    found_count, ordered_by, started_at, compared_at)
  values (:unit, :day, 1, 'file', 'done', 'x', '{}', 2, 2, 2, 2, 1, 'notice', :at, :at)`);
const insertDifference = sql(`
  insert into recon_differences (unit, day, serial, run_no, class, state, outcome, line_customer, line_amount, line_no,
    payment_after, found_at, due_at, changed_at)
  values (:unit, :day, :serial, 1, 'missing', 'suspense', 'suspense', :customer, 700, 3, :entry, :at, :at, :at)`);

eachDatabase('tracing a payment', (db) => {
  const dir = temporaryDirectory();
  const clock = testClock();
  const unit = unitWith(UNIT);
  const log: { close?: () => Promise<void> } = {};
  const trace = (subject: string, theirPayments?: TraceParts['theirPayments']) =>
    traceSubject(
      {
        database: db(),
        units: [UNIT],
        root: dir.path,
        exchange: exchangeSettings.parse({}),
        clock,
        theirPayments,
      },
      subject,
    );
  const section = (all: readonly Section[], title: string) =>
    all.find((one) => one.title.startsWith(title))?.rows ?? [];

  before(async () => {
    clock.set(momentOf(DAY, '100000'));
    const books = { database: db(), clock, ids: systemIds };
    const revenue = openBuiltinRevenue(books);
    await addCustomers(books, unit, [{ customer: '080408', name: '王小明' }]);
    await issueBills(books, unit, [
      {
        bill: 'B1',
        customer: '080408',
        month: '202403' as never,
        amount: fenOf(500n),
        volume: '1',
        issuedOn: '20240401' as Day,
        lateFeeFrom: '20240501' as Day,
        feeKind: '11',
      },
    ]);
    const order = (n: number, amount: bigint) => ({
      serial: serialOf(n),
      customer: '080408',
      amount: fenOf(amount) as Fen,
      bankDay: DAY,
      receivedAt: clock.now(),
      rows: [],
      fundNumber: '',
      payMode: '',
      remark: '',
    });
    expect((await revenue.pay(unit, order(1, 600n))).kind).equal('booked');
    expect((await revenue.pay(unit, order(2, 300n))).kind).equal('booked');
    const refund = { originalSerial: serialOf(2), serial: serialOf(92), amount: fenOf(300n) };
    expect((await revenue.refund(unit, { ...refund, bankDay: DAY, receivedAt: clock.now() })).kind).equal(
      'refunded',
    );
    const held = await holdInSuspense(books, unit, {
      ...{ serial: serialOf(3), customer: NOBODY, amount: fenOf(700n), bookingDay: DAY },
      ...{ receivedAt: clock.now(), rows: [], orderedBy: `recon ${UNIT} ${DAY}` },
    });
    if (held.kind !== 'held') throw new Error('it is not held');
    const entry = held.number;
    const exchanges = openExchangeLog({ database: db(), clock, log: silentLog, metrics: makeMetrics() });
    log.close = () => exchanges.close();
    for (const [i, [service, serial, resultCode]] of (
      [
        ['200002', serialOf(1), '9999'],
        ['200002', serialOf(1), '2001'],
        ['300002', serialOf(2), '9999'],
        ['200002', serialOf(4), '0009'],
      ] as const
    ).entries()) {
      exchanges.add(() => ({
        ...{ id: `x${i}`, at: clock.now() + i, peer: 'platform', address: '127.0.0.1', unit: UNIT, service },
        ...{ messageId: `M${i}`, serial, customer: '', resultCode, reason: '', durationMs: 3 },
        request: JSON.stringify({ acctOrgNo: UNIT, bankSerial: serial, rcvAmt: '600' }),
        answer: JSON.stringify({ rtnCode: resultCode, rtnMsg: '<b>' }),
      }));
    }
    await exchanges.flush();
    const lines = [1, 3, 5].map((n) => {
      const customer = n === 1 ? '080408' : NOBODY;
      return `${customer}|${serialOf(n)}|${DAY}|700|1|${customer}$$202404$#|`;
    });
    mkdirSync(join(dir.path, 'kept'), { recursive: true });
    writeFileSync(join(dir.path, 'kept', 'f.txt'), ['2100|3|', ...lines, ''].join('\n'));
    const at = clock.now() + 60_000;
    const binds = { unit: UNIT, day: DAY, at };
    await db().run(insertFile, {
      ...binds,
      id: 'f1',
      name: 'SD_DSDZ_39536_20240404.txt',
      sha256: 'x',
      path: 'kept/f.txt',
    });
    await db().run(insertDay, binds);
    await db().run(insertRun, binds);
    await db().run(insertDifference, { ...binds, serial: serialOf(3), customer: NOBODY, entry });
  });
  after(() => log.close?.());

  it('by serial: exchanges, the repeat, the booking with ledger lines, the file line, the verdict', async () => {
    const found = await trace(serialOf(1));
    expect(found.kinds).deep.equal(['serial', 'file']);
    expect(found.exchanges.map(({ resultCode }) => resultCode)).deep.equal(['9999', '2001']);
    expect(found.verdicts).to.have.length(1);
    const [verdict] = found.verdicts;
    expect(verdict?.booking).contains('已销账').and.contains('6.00 元');
    expect(verdict?.duplicates).contains('请求 2 次，入账一次');
    expect(verdict?.reconciliation).contains('对账相符');
    const sections = sectionsOf(found);
    expect(section(sections, '分录').map((row) => [row[5], row[6]])).deep.equal([
      ['平台清算 clearing', '6.00'],
      ['应收水费 receivables', '-5.00'],
      ['用户预存 prepaid', '-1.00'],
      ['账单 B1', '5.00'],
    ]);
    expect(section(sections, '文件行').map((row) => row.slice(0, 2))).deep.equal([
      ['SD_DSDZ_39536_20240404.txt', '2'],
    ]);
    expect(section(sections, '经过').map((row) => row[1])).includes('对账比对 compared');
  });

  it('by bill, payment number, msgId and customer: the same payment', async () => {
    const [payment] = (await trace(serialOf(1))).payments;
    for (const subject of ['B1', payment?.paymentNumber ?? '', 'M1', '080408']) {
      const found = await trace(subject);
      expect(
        found.payments.map(({ serial }) => serial),
        subject,
      ).includes(serialOf(1));
    }
    expect((await trace('080408')).payments).to.have.length(2);
  });

  it('a refund by its own serial; neither side has it any more', async () => {
    const found = await trace(serialOf(92));
    expect(found.kinds).includes('refund-serial');
    const verdict = found.verdicts.find(({ serial }) => serial === serialOf(2));
    expect(verdict?.booking).contains('已退费');
    expect(verdict?.reconciliation).contains('双方均无');
    expect(found.payments[0]?.refund?.refundSerial).equal(serialOf(92));
  });

  it('money in suspense, by the customer that nobody knows; a serial that only a file names; one that was never booked', async () => {
    const found = await trace(NOBODY);
    expect(found.suspense.map(({ serial }) => serial)).deep.equal([serialOf(3)]);
    expect(found.verdicts[0]?.reconciliation).contains('平台有我方无，暂挂，转暂挂');
    expect(found.files[0]?.lines.map(({ line }) => line)).deep.equal([3, 4]);
    const onlyFile = await trace(serialOf(5));
    expect(onlyFile.kinds).deep.equal(['file']);
    expect(onlyFile.verdicts[0]?.booking).contains('我方未入账');
    expect((await trace(serialOf(4))).verdicts[0]?.booking).contains('未入账，应答 0009');
    expect((await trace('nobody-knows')).kinds).deep.equal([]);
  });

  it('with an existing schema: the journal of calls, and what their system says, or that it does not answer', async () => {
    const serial = serialOf(7);
    const at = clock.now();
    await db().run(insertCall, {
      unit: UNIT,
      serial,
      their: 'T7',
      customer: 'K7',
      number: 'N7',
      day: DAY,
      at,
    });
    await db().run(insertTakenBack, { unit: UNIT, serial, number: 'N7', at });
    const ours = {
      unit: UNIT,
      paymentNumber: 'N7',
      customer: 'K7',
      customerName: '王小明',
      office: '',
      serial: 'T7',
    };
    const booked = {
      ...ours,
      channel: 'platform',
      amount: fenOf(700n),
      principal: fenOf(700n),
      payMode: '',
    } as const;
    const sums = {
      lateFee: fenOf(0n),
      prepaidChange: fenOf(0n),
      balanceAfter: fenOf(0n),
      at,
      kind: 'payment',
    } as const;
    const found = await trace('K7', async () => [{ ...booked, ...sums }]);
    expect(found.kinds).deep.equal(['customer']);
    expect(found.verdicts[0]?.booking).contains('已销账').and.contains('7.00 元').and.contains('已退费');
    expect(found.theirs.map(({ paymentNumber }) => paymentNumber)).deep.equal(['N7']);
    expect(traceJson(found)).not.contains('王小明');
    const silent = await trace(serial, () => Promise.reject(new Error('refused')));
    expect(silent.calls).to.have.length(1);
    expect(silent.notes.join()).contains('refused');
  });

  it('prints JSON with amounts in fen, and a page in which nothing of the data is markup', async () => {
    const found = await trace(serialOf(1));
    const json = JSON.parse(traceJson(found));
    expect(json.payments[0]).to.include({ amount: 600, bookedAt: '2024-04-04 10:00:00' });
    expect(json.exchanges[0].request.rcvAmt).equal('600');
    const html = traceHtml(found, clock.now());
    expect(html).contains('对账相符').and.not.contains('<b>').and.not.contains('王小明');
    expect(html).not.match(/src=|href=|<script/);
  });
});
