import { expect } from 'chai';
import fc from 'fast-check';
import { fenOf } from '../../src/protocol/values.js';
import {
  addFen,
  compareFen,
  maxFen,
  minFen,
  subFen,
  sumFen,
  yuanText,
  yuanWithSign,
} from '../../src/revenue/money.js';

const fen = fc.bigInt(-(10n ** 15n), 10n ** 15n).map(fenOf);

describe('money', () => {
  it('prints yuan with two decimals, as people write them', () => {
    const cases: [bigint, string, string][] = [
      [0n, '0.00', '¥0.00'],
      [1n, '0.01', '¥0.01'],
      [-5n, '-0.05', '-¥0.05'],
      [6370n, '63.70', '¥63.70'],
      [123_456_789n, '1234567.89', '¥1,234,567.89'],
      [-100_000n, '-1000.00', '-¥1,000.00'],
    ];
    for (const [amount, plain, signed] of cases) {
      expect(yuanText(fenOf(amount))).to.equal(plain);
      expect(yuanWithSign(fenOf(amount))).to.equal(signed);
    }
  });

  it('adds, subtracts and orders like whole numbers', () => {
    fc.assert(
      fc.property(fen, fen, fen, (a, b, c) => {
        expect(subFen(addFen(a, b), b)).to.equal(a);
        expect(sumFen([a, b, c])).to.equal(addFen(addFen(a, b), c));
        expect(addFen(minFen(a, b), maxFen(a, b))).to.equal(addFen(a, b));
        expect(compareFen(a, b)).to.equal(-compareFen(b, a) + 0);
      }),
    );
  });

  it('prints what reads back as the same amount', () => {
    fc.assert(
      fc.property(fen, (amount) => {
        expect(BigInt(yuanText(amount).replace('.', ''))).to.equal(amount);
      }),
    );
  });
});
