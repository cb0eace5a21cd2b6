import { expect } from 'chai';
import fc from 'fast-check';
import type { Day, Month } from '../../../src/protocol/values.js';
import { fenOf } from '../../../src/protocol/values.js';
import { Formats } from '../../../src/revenue/existing/formats.js';
import { revenueSettings } from '../../../src/revenue/index.js';
import { exampleSection } from './legacy-world.js';

const base = {
  amount: 'yuan',
  decimals: 3,
  belowFen: 'refuse',
  month: 'yyyy.MM',
  day: 'yyyy-MM-dd',
  yes: 'Y',
  no: 'N',
} as const;

describe('values of an existing revenue schema', () => {
  const formats = new Formats(base);

  it('any amount comes back from yuan with three decimals as the same fen', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 17n), 10n ** 17n), (fen) => {
        expect(formats.readAmount({ a: formats.amount(fenOf(fen)) }, 'a')).to.equal(fen);
      }),
    );
    expect(formats.amount(fenOf(1234n))).to.equal('12.340');
  });
  it('refuses parts of a fen, or rounds them where it is told to', () => {
    expect(() => formats.readAmount({ a: '12.345' }, 'a')).to.throw('whole number of fen');
    expect(new Formats({ ...base, belowFen: 'half-up' }).readAmount({ a: '12.345' }, 'a')).to.equal(1235n);
    expect(new Formats({ ...base, belowFen: 'down' }).readAmount({ a: '12.349' }, 'a')).to.equal(1234n);
    for (const a of ['', null, 'x', '1e3']) expect(() => formats.readAmount({ a }, 'a')).to.throw();
  });
  it('reads months and days in their form only', () => {
    expect(formats.readMonth({ m: '2024.03' }, 'm')).to.equal('202403');
    expect(formats.month('202403' as Month)).to.equal('2024.03');
    expect(formats.day('20240301' as Day)).to.equal('2024-03-01');
    expect(formats.readDay({ d: '2024-02-29' }, 'd')).to.equal('20240229');
    for (const m of ['202403', '2024-03', '2024.13', '2024.3'])
      expect(() => formats.readMonth({ m }, 'm')).to.throw();
    expect(() => formats.readDay({ d: '2023-02-29' }, 'd')).to.throw();
  });
  it('a column too short for whole serials needs another way to write them', () => {
    const section = exampleSection().revenue;
    const with20 = (as: string) =>
      revenueSettings.safeParse({ ...section, serial: { as, length: 20 } }).success;
    expect([with20('whole'), with20('shortened'), with20('mapped')]).to.deep.equal([false, true, true]);
  });
});
