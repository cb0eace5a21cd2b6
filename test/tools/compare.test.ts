/** Answers are compared by what their fields mean. */
import { expect } from 'chai';
import { arrearsQuery, defaultUnitDialect, payment, wireDialectOf } from '../../src/protocol/index.js';
import { pathPattern } from '../../src/tools/fixture/compare.js';
import { expectationOf } from '../../src/tools/fixture/expectation.js';
import { compareBodies } from '../../src/tools/index.js';

const fen = wireDialectOf(defaultUnitDialect);
const yuan = wireDialectOf({ ...defaultUnitDialect, amountUnit: 'yuan' });
const paths = (...of: Parameters<typeof compareBodies>) => compareBodies(...of).map(({ path }) => path);
const { answer } = arrearsQuery;

describe('comparing answers', () => {
  it('takes the same amount in other words for the same', () => {
    expect(paths(answer, { totalOweAmt: '0' }, { totalOweAmt: '0.00' }, yuan)).deep.equals([]);
    expect(paths(answer, { totalOweAmt: '63.7' }, { totalOweAmt: '63.70' }, yuan)).deep.equals([]);
    expect(paths(answer, { totalOweAmt: '0' }, { totalOweAmt: '0.00' }, fen)).deep.equals([
      'body.totalOweAmt',
    ]);
    expect(paths(answer, { recordCount: 1 }, { recordCount: '1' }, fen)).deep.equals([]);
    expect(paths(answer, { consNo: '01' }, { consNo: '1' }, fen)).deep.equals(['body.consNo']);
  });
  it('takes rows as text and as array for the same, and names the row that differs', () => {
    const text = { rcvDet: '7|1|202401|$7|2|202402||$' };
    const rows = (second: string) => ({
      rcvDet: [
        { consNo: '7', rcvblAmtId: '1', rcvblYm: '202401', extendDet: '' },
        { consNo: '7', rcvblAmtId: second, rcvblYm: '202402', extendDet: '' },
      ],
    });
    expect(paths(payment.request, text, rows('2'), fen)).deep.equals([]);
    expect(paths(payment.request, text, rows('3'), fen)).deep.equals(['body.rcvDet[1].rcvblAmtId']);
    expect(paths(answer, { rcvblDet: [] }, { rcvblDet: [{}] }, fen)).deep.equals(['body.rcvblDet']);
  });
  it('ignores, matches and forbids more by rule', () => {
    const none = { ignore: [], match: {}, noMore: false };
    const expected = { rtnCode: '9999', extend: 'a', rcvblDet: [{ extend: 'x' }] };
    const actual = { rtnCode: '9999', extend: 'P123', rcvblDet: [{ extend: 'y' }], more: '1' };
    expect(paths(answer, expected, actual, fen, none)).deep.equals([
      'body.extend',
      'body.rcvblDet[0].extend',
    ]);
    expect(paths(answer, expected, actual, fen, { ...none, ignore: ['**.extend'] })).deep.equals([]);
    const match = { ...none, ignore: ['body.rcvblDet[*].extend'], match: { 'body.extend': '^P\\d+$' } };
    expect(paths(answer, expected, actual, fen, match)).deep.equals([]);
    expect(paths(answer, expected, actual, fen, { ...match, noMore: true })).deep.equals(['body.more']);
    expect(paths(answer, { extend: 're:^Q' }, actual, fen)).deep.equals(['body.extend']);
    expect(pathPattern('body.rcvblDet[*].a').test('body.rcvblDet[10].a')).equals(true);
    expect(pathPattern('body.a').test('body.ab')).equals(false);
  });
  it('reads what people wrote in fixtures', () => {
    const read = (expect: Record<string, unknown>) => expectationOf({ expect });
    expect(read({ rtnCode: '4003 while the file is not there, 9999 once it is' }).codes).deep.equals([
      '4003',
      '9999',
    ]);
    expect(
      read(JSON.parse('{"then":"the same frame again answers 2001 and books nothing"}')).again,
    ).deep.equals(['2001']);
    expect(read({ body: 'as in 05' }).like).equals('05');
    expect(read({ strict: 'closed, nothing answered' }).silence).equals(true);
    expect(read({ rtnCode: '9999', consNo: '10125334' }).body).deep.equals({ consNo: '10125334' });
  });
});
