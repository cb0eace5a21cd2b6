import { expect } from 'chai';
import fc from 'fast-check';
import {
  catalogue,
  defaultUnitDialect,
  type Fields,
  messages,
  outgoing,
  resultCodes,
  shortRefusal,
  type UnitDialect,
  wireDialectOf,
} from '../../src/protocol/index.js';
import { arbitraryOf } from '../support/arbitrary.js';

/** Every setting that changes what is written, in every combination. */
const dialects = (['fen', 'yuan'] as const).flatMap((amountUnit) =>
  (['text', 'array'] as const).flatMap((rowsAs) =>
    (['balInfos', 'BAL_INFO'] as const).map((balanceArray) => ({
      ...defaultUnitDialect,
      amountUnit,
      rowsAs,
      balanceArray,
    })),
  ),
) satisfies UnitDialect[];

/** The JSON types that the spec gives: lists are arrays of objects, everything else is text. */
function expectTypes(body: Readonly<Record<string, unknown>>, fields: Fields, unit: UnitDialect): void {
  const expected = Object.values(fields).map(({ wire }) => (wire === 'balInfos' ? unit.balanceArray : wire));
  expect(Object.keys(body)).to.have.members(expected);
  for (const { wire, shape } of Object.values(fields)) {
    const value = body[wire === 'balInfos' ? unit.balanceArray : wire];
    const isList = shape.kind === 'rows' && (shape.separators === undefined || unit.rowsAs === 'array');
    if (!isList) {
      expect(value, wire).to.be.a('string');
      continue;
    }
    expect(value, wire).to.be.an('array');
    const rows = value as readonly Readonly<Record<string, unknown>>[];
    for (const row of rows) expectTypes(row, shape.columns, unit);
  }
}

describe('dialects', () => {
  for (const unit of dialects) {
    const name = `${unit.amountUnit}, ${unit.rowsAs}, ${unit.balanceArray}`;
    it(`every message keeps the JSON types of the spec (${name})`, () => {
      const dialect = wireDialectOf(unit);
      for (const message of messages) {
        fc.assert(
          fc.property(arbitraryOf(message.request), arbitraryOf(message.answer), (request, answer) => {
            expectTypes(message.writeRequest(request, dialect), message.request, unit);
            expectTypes(message.writeAnswer(answer, dialect), message.answer, unit);
          }),
          { numRuns: 20 },
        );
        expectTypes(message.writeRefusal('0009', '', dialect), message.answer, unit);
      }
    });
  }

  it('empty amounts are written in the unit of the dialect', () => {
    const yuan = wireDialectOf({ ...defaultUnitDialect, amountUnit: 'yuan' });
    expect(catalogue['200001'].writeRefusal('1002', '', yuan)).to.include({
      totalOweAmt: '0.00',
      recordCount: '0',
    });
  });

  it('a result code is renamed by dialect, but never from or to success', () => {
    const names = { '1002': '2003', '9999': '0000', '0009': '9999' };
    const dialect = wireDialectOf({ ...defaultUnitDialect, resultCodes: names });
    const sent = (['1002', '9999', '0009', '0001'] as const).map(
      (code) => shortRefusal(code, '', dialect).rtnCode,
    );
    expect(sent).to.deep.equal(['2003', '9999', '0009', '0001']);
    expect(catalogue['200012'].writeAnswer({ result: '1002' }, dialect).rtnCode).to.equal('2003');
  });

  it('the same unit dialect gives the same wire dialect, so that tables are made once', () => {
    const unit = { ...defaultUnitDialect };
    expect(wireDialectOf(unit)).to.equal(wireDialectOf(unit));
  });

  it('the catalogue, the declarations and the result codes agree', () => {
    const declared = messages.flatMap(({ serviceCodes }) => [...serviceCodes]).sort();
    expect(declared).to.deep.equal([...Object.keys(catalogue), ...Object.keys(outgoing)].sort());
    for (const message of messages) {
      const { effect, request } = message;
      if (effect !== 'query') for (const name of effect.repeatKey) expect(request).to.have.property(name);
      const wires = Object.values(request).map(({ wire }) => wire);
      expect(new Set(wires).size, message.title).to.equal(wires.length);
    }
    expect(resultCodes.every((code) => /^\d{4}$/.test(code))).to.equal(true);
  });
});
