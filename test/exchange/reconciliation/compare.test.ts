/* Each class of difference is found and none invented, in any order; damaged files are refused before anything is written (faults R1–R3). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from '../../../src/database/index.js';
import { type CompareJob, comparerFor } from '../../../src/exchange/reconciliation/comparer.js';
import type { FoundDifference } from '../../../src/exchange/reconciliation/difference.js';
import type { LinesVerdict } from '../../../src/exchange/reconciliation/line-batch.js';
import { defaultFileSettings } from '../../../src/protocol/index.js';
import type { Day, Serial } from '../../../src/protocol/values.js';
import { fenOf } from '../../../src/protocol/values.js';
import type { Booking } from '../../../src/revenue/index.js';
import { eachDatabase, type SuiteDatabase } from '../../support/databases.js';

const DAY = '20240404' as Day;
const serialOf = (n: number) => `2024040400003001${String(n).padStart(12, '0')}`;
const lineOf = (n: number, customer = `c${n}`, amount = 100 + n) =>
  `${customer}|${serialOf(n)}|${DAY}|${amount}|1|${customer}$$202404$#|`;
const insertPayment = sql(`
  insert into payments (payment_no, unit, serial, customer, channel, state, booking_day, received_at, booked_at, amount,
    principal, late_fee, prepaid_change, balance_after)
  values (:no, :unit, :serial, :customer, :channel, :state, :day, 0, 0, :amount, :amount, 0, 0, 0)`);

describe('comparing a platform file with our bookings', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-compare-'));
  after(() => rmSync(dir, { recursive: true, force: true }));

  function fileOf(lines: readonly string[], end = '\r\n', head?: string): string {
    const total = lines.reduce((sum, line) => sum + BigInt(line.split('|')[3] ?? '0'), 0n);
    const path = join(dir, `${lines.length}-${end.length}-${head ?? ''}.txt`.replaceAll('|', '_'));
    writeFileSync(path, [head ?? `${total}|${lines.length}|`, ...lines, ''].join(end));
    return path;
  }

  eachDatabase('', (db: SuiteDatabase) => {
    const numberOf = (n: number) => `p${String(n).padStart(6, '0')}`;
    const payment = (n: number, more: Record<string, string | number> = {}) => ({
      no: numberOf(n),
      unit: '39536',
      serial: serialOf(n),
      customer: `c${n}`,
      channel: 'platform',
      state: 'booked',
      day: DAY,
      amount: 100 + n,
      ...more,
    });
    before(async () => {
      const rows = [];
      for (let n = 1; n <= 50; n++) rows.push(payment(n));
      rows.push(
        payment(51, { state: 'refunded' }),
        payment(52, { state: 'reversed' }),
        payment(53, { state: 'refunded' }),
      );
      // The same serial, refunded and supplemented again.
      rows.push(payment(54, { state: 'refunded' }), payment(54, { no: 'p054b' }));
      // None of these belongs to the comparison.
      rows.push(
        payment(60, { unit: '37101' }),
        payment(61, { channel: 'counter' }),
        payment(62, { day: '20240403' }),
      );
      await db().runMany(insertPayment, rows);
    });

    const compare = async (more: Partial<CompareJob>) => {
      const found: FoundDifference[] = [];
      const comparer = comparerFor(db(), db.client === 'sqlite' ? db.settings().file : undefined);
      const job = {
        unit: '39536',
        day: DAY,
        path: '',
        settings: defaultFileSettings,
        bookings: undefined,
        ...more,
      };
      const verdict: LinesVerdict = await comparer(job, {
        reset: async () => void found.splice(0),
        add: async (some) => void found.push(...some),
      });
      return { verdict, found: found.sort((a, b) => (a.serial < b.serial ? -1 : 1)) };
    };
    const lines = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, i) => lineOf(from + i));
    const expected = [
      [serialOf(5), 'surplus'],
      [serialOf(6), 'amount'],
      [serialOf(7), 'customer'],
      [serialOf(8), 'both'],
      [serialOf(51), 'refunded'],
      [serialOf(52), 'missing'],
      [serialOf(70), 'missing'],
    ];
    const injected = () => [
      ...lines(1, 3),
      // Zeros in front are no difference.
      lineOf(4).replace('|104|', '|000104|'),
      lineOf(6, 'c6', 999),
      lineOf(7, 'other'),
      lineOf(8, 'other', 1),
      ...lines(9, 52),
      lineOf(54),
      lineOf(70),
    ];

    it('finds each kind of difference and no other', async () => {
      const { verdict, found } = await compare({ path: fileOf(injected()) });
      expect(verdict).to.include({ ok: true, lines: 53 });
      const seen = found.filter(({ serial }) => serial !== serialOf(54));
      expect(seen.map((one) => [one.serial, one.class])).to.deep.equal(expected);
      expect(seen[1]).to.deep.include({
        platform: { customer: 'c6', amount: 999n, detail: 'c6$$202404$#', line: 6 },
        ours: { customer: 'c6', amount: 106n, paymentNumber: numberOf(6), state: 'booked' },
      });
    });
    // Fault R2.
    it('finds the same whatever the order of the lines', async () => {
      const given = injected();
      const third = (n: number) => given.filter((_line, at) => at % 3 === n);
      for (const shuffled of [[...given].reverse(), [...third(2), ...third(0), ...third(1)]]) {
        const { verdict, found } = await compare({ path: fileOf(shuffled) });
        expect(verdict).to.include({ ok: true, lines: 53 });
        const seen = found.filter(({ serial }) => serial !== serialOf(54));
        expect(seen.map((one) => [one.serial, one.class])).to.deep.equal(expected);
        expect(seen[1]?.platform?.line).to.equal(shuffled.indexOf(lineOf(6, 'c6', 999)) + 2);
      }
    });
    it('reads the file by its declaration where it is not plain, with the same result', async () => {
      const odd = injected();
      odd[0] = `c1|${serialOf(1)}|20240404|101|1|c1$一月$202404$#|`;
      const path = fileOf(odd, '\n');
      const { verdict, found } = await compare({ path });
      expect(verdict).to.include({ ok: true, lines: 53 });
      expect(
        found.filter(({ serial }) => serial !== serialOf(54)).map((one) => [one.serial, one.class]),
      ).to.deep.equal(expected);
    });
    it('compares with bookings that another system gives', async () => {
      async function* bookings(): AsyncIterable<Booking> {
        for (let n = 1; n <= 3; n++)
          yield {
            serial: serialOf(n) as Serial,
            customer: `c${n}`,
            amount: fenOf(BigInt(100 + n)),
            paymentNumber: numberOf(n),
          };
      }
      const { found } = await compare({ path: fileOf(lines(2, 4)), bookings });
      expect(found.map((one) => [one.serial, one.class])).to.deep.equal([
        [serialOf(1), 'surplus'],
        [serialOf(4), 'missing'],
      ]);
    });
    // On SQLite it begins a thread, which compiles the sources first: seconds on a machine that is busy.
    it('finds the same in a file that is too large to be compared in passing', async () => {
      const many = Array.from({ length: 9000 }, (_, i) => lineOf(1000 + i));
      const { verdict, found } = await compare({ path: fileOf([...injected(), ...many]) });
      expect(verdict).to.include({ ok: true, lines: 9053 });
      const seen = found.filter(({ serial }) => serial < serialOf(1000) && serial !== serialOf(54));
      expect(seen.map((one) => [one.serial, one.class])).to.deep.equal(expected);
      expect(found.filter((one) => one.class === 'missing')).to.have.length(9002);
    }).timeout(120_000);
    it('takes a file without lines: all of ours is surplus', async () => {
      const { verdict, found } = await compare({ path: fileOf([]), unit: '37101' });
      expect(verdict).to.deep.equal({ ok: true, lines: 0, amount: 0n });
      expect(found.map((one) => [one.serial, one.class])).to.deep.equal([[serialOf(60), 'surplus']]);
    });
    it('refuses a duplicate serial, another day, a wrong summary and a cut file, saying where', async () => {
      const refusal = async (path: string) => {
        const { verdict, found } = await compare({ path });
        expect(found).to.deep.equal([]);
        return verdict.ok ? 'taken' : verdict.detail;
      };
      expect(await refusal(fileOf([lineOf(1), lineOf(2), lineOf(1)]))).to.equal(
        `第4行：流水号 ${serialOf(1)} 与第2行重复`,
      );
      expect(await refusal(fileOf([lineOf(1), lineOf(2).replace('|20240404|', '|20240403|')]))).to.equal(
        '第3行：缴费日期 20240403 不是文件的业务日期 20240404',
      );
      expect(await refusal(fileOf([lineOf(1), lineOf(2)], '\r\n', '203|3|'))).to.match(
        /^第1行：汇总与明细不符/,
      );
      const cut = join(dir, 'cut.txt');
      writeFileSync(cut, `203|2|\r\n${lineOf(1)}\r\n${lineOf(2).slice(0, -9)}`);
      expect(await refusal(cut)).to.match(/^第3行/);
    });
  });
});
