import { expect } from 'chai';
import * as cells from '../../src/database/cells.js';

describe('reading cells', () => {
  for (const value of [12, 12n, '12', '12.00']) {
    it(`reads ${typeof value} ${value} as the whole number 12`, () => {
      expect(cells.bigintCell({ x: value }, 'x')).to.equal(12n);
      expect(cells.fenCell({ x: value }, 'x')).to.equal(12n);
      expect(cells.numberCell({ x: value }, 'x')).to.equal(12);
    });
  }
  for (const value of [1.5, '1.50', 'x', '', null, 2 ** 53, '1e3', true])
    it(`refuses ${typeof value} ${value} as a whole number`, () => {
      expect(() => cells.bigintCell({ x: value }, 'x')).to.throw('whole number');
    });
  it('keeps every digit of a large amount, and refuses it as a number', () => {
    expect(cells.fenCell({ x: '9007199254740993' }, 'x')).to.equal(9_007_199_254_740_993n);
    expect(() => cells.numberCell({ x: '9007199254740993' }, 'x')).to.throw('exact');
  });
  it('reads null text as empty', () => {
    expect(cells.textCell({ x: null }, 'x')).to.equal('');
    expect(cells.textCell({ x: 'a' }, 'x')).to.equal('a');
  });
  it('reads decimals as text, whichever way they are written', () => {
    expect(cells.decimalCell({ x: '.5' }, 'x')).to.equal('0.5');
    expect(cells.decimalCell({ x: '-.5' }, 'x')).to.equal('-0.5');
    expect(cells.decimalCell({ x: '0.003' }, 'x')).to.equal('0.003');
    expect(() => cells.decimalCell({ x: '1e-3' }, 'x')).to.throw('decimal');
  });
  it('reads days, months, flags and closed sets, and refuses others without repeating the value', () => {
    expect(cells.dayCell({ x: '20240229' }, 'x')).to.equal('20240229');
    expect(cells.monthCell({ x: '202402' }, 'x')).to.equal('202402');
    expect(cells.flagCell({ x: 'Y' }, 'x')).to.equal(true);
    expect(cells.oneOfCell({ x: 'b' }, 'x', ['a', 'b'])).to.equal('b');
    for (const read of [
      () => cells.dayCell({ x: '20230229' }, 'x'),
      () => cells.monthCell({ x: '20230229' }, 'x'),
      () => cells.flagCell({ x: '20230229' }, 'x'),
      () => cells.oneOfCell({ x: '20230229' }, 'x', ['a']),
    ])
      expect(read).to.throw(/^(?!.*20230229)/);
  });
  it('reads what may be absent', () => {
    expect(cells.optional({ x: null }, 'x', cells.dayCell)).to.equal(undefined);
    expect(cells.optional({ x: '20240229' }, 'x', cells.dayCell)).to.equal('20240229');
  });
  it('says which column the statement does not give', () => {
    expect(() => cells.textCell({ X: 'a' }, 'x')).to.throw('column x');
  });
});
