import { expect } from 'chai';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import {
  agreementMaintenance,
  arrearsQuery,
  balanceQuery,
  defaultUnitDialect,
  type Fields,
  fenOf,
  jfDetail,
  maskBody,
  maskLine,
  messages,
  paymentRecords,
  pseudonymous,
  starred,
  wireDialectOf,
} from '../../src/protocol/index.js';
import { arbitraryOf } from '../support/arbitrary.js';

const dialect = wireDialectOf(defaultUnitDialect);

describe('mask', () => {
  it('keeps the length, and of the text no more than does not tell who it is', () => {
    const pairs = {
      '': '',
      王: '*',
      王明: '王*',
      王小明: '王**',
      '13812345678': '13*******78',
      '11010519491231002X': '110***********002X',
      示例区1片11栋1门: '示例******1门',
    };
    for (const [plain, masked] of Object.entries(pairs)) expect(starred(plain), plain).to.equal(masked);
  });

  it('a pseudonym is the same every time, another with another key, and of the same kind and width', () => {
    const mask = pseudonymous('k');
    for (const text of ['王小明', '13812345678', 'Zhang San', '6222 0012-3456', '示例路1号']) {
      const other = mask(text);
      expect(other).to.equal(mask(text)).and.not.to.equal(text).and.not.to.equal(pseudonymous('l')(text));
      expect(
        other
          .replace(/\d/g, '0')
          .replace(/[a-z]/g, 'a')
          .replace(/[A-Z]/g, 'A')
          .replace(/\p{sc=Han}/gu, '某'),
      ).to.equal(
        text
          .replace(/\d/g, '0')
          .replace(/[a-z]/g, 'a')
          .replace(/[A-Z]/g, 'A')
          .replace(/\p{sc=Han}/gu, '某'),
      );
      for (const charset of ['utf8', 'gbk']) {
        expect(iconv.encode(other, charset).length).to.equal(iconv.encode(text, charset).length);
      }
    }
  });

  it('masks what the declarations call personal, and nothing else', () => {
    const body = arrearsQuery.writeAnswer(
      {
        result: '9999',
        customer: '10125334',
        customerName: '王小明',
        address: '示例路1号',
        totalOwed: fenOf(5220n),
        bills: [{ bill: '36745001', customerName: '王小明', owed: fenOf(5220n) }],
      },
      dialect,
    );
    const masked = maskBody(body, arrearsQuery.answer) as Record<string, unknown>;
    expect(masked).to.include({ consNo: '10125334', consName: '王**', totalOweAmt: '5220', rtnCode: '9999' });
    expect(masked.rcvblDet).to.deep.include.members([
      { ...(body.rcvblDet as object[])[0], consName: '王**' },
    ]);
    expect(body.consName, 'the body itself stays').to.equal('王小明');
  });

  it('a queried number is masked where it is a person’s and kept where it is a customer’s', () => {
    const value = (queryType: string) =>
      (maskBody({ queryType, queryValue: '13812345678' }, arrearsQuery.request) as Record<string, unknown>)
        .queryValue;
    expect(['0', '3', '1', '2', '9'].map(value)).to.deep.equal([
      '13812345678',
      '13812345678',
      '13*******78',
      '13*******78',
      '13*******78',
    ]);
  });

  it('masks what it does not know: unknown members, wrong types, unknown services', () => {
    const raw = { x: '王小明', consName: { a: ['王小明'] }, rcvblDet: '王小明', __proto__: 1 };
    expect(maskBody(raw, arrearsQuery.answer)).to.deep.equal({
      x: '王**',
      consName: { a: ['王**'] },
      rcvblDet: '王**',
    });
    expect(maskBody({ a: '王小明', n: 13812345678 }, undefined)).to.deep.equal({
      a: '王**',
      n: '13*******78',
    });
    expect(maskBody('王小明', undefined)).to.equal('王**');
    const parsed: unknown = JSON.parse('{"__proto__":{"a":"王小明"}}');
    expect(JSON.stringify(maskBody(parsed, undefined))).to.equal('{"__proto__":{"a":"王**"}}');
  });

  it('knows members by the names that some peers have for them', () => {
    const body = { BAL_INFO: [{ balValue: '100', x: '王小明' }] };
    expect(maskBody(body, balanceQuery.answer)).to.deep.equal({ BAL_INFO: [{ balValue: '100', x: '王**' }] });
  });

  it('masks lines inside messages', () => {
    const line = jfDetail.write({ record: '1', customer: '022000', customerName: '王小明' }, dialect);
    expect(maskLine(line, jfDetail.columns)).to.match(/^1\|022000\|王\*\*\|/);
    const body = paymentRecords.writeAnswer(
      { result: '9999', payments: [{ line: { record: '1', customer: '022000', customerName: '王小明' } }] },
      dialect,
    );
    expect(JSON.stringify(maskBody(body, paymentRecords.answer)))
      .to.contain('|王**|')
      .and.not.to.contain('王小明');
  });

  it('no canary survives in any personal field of any message', () => {
    const canary = '王金丝雀13800138000';
    const planted = (fields: Fields, value: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(fields).map(([name, { shape, personal }]) => {
          if (shape.kind === 'rows') {
            const rows = value[name] as Record<string, unknown>[];
            return [name, rows.map((row) => planted(shape.columns, row))];
          }
          if (shape.kind === 'line')
            return [name, planted(shape.columns, value[name] as Record<string, unknown>)];
          return [name, personal === true ? canary : value[name]];
        }),
      );
    let seen = 0;
    for (const message of messages) {
      for (const side of ['request', 'answer'] as const) {
        for (const value of fc.sample(arbitraryOf(message[side]), 20)) {
          const given = planted(message[side], value);
          const body =
            side === 'request' ? message.writeRequest(given, dialect) : message.writeAnswer(given, dialect);
          if (JSON.stringify(body).includes(canary)) seen += 1;
          for (const mask of [starred, pseudonymous('k')]) {
            expect(JSON.stringify(maskBody(body, message[side], mask))).not.to.contain(canary);
          }
        }
      }
    }
    expect(seen).to.be.above(60);
  });

  it('verification codes, accounts and e-mail are masked too', () => {
    const body = {
      bankAcctNo: '6222001234567890',
      email: 'a.b@example.org',
      verifyCode: '1234',
      phone: '13812345678',
    };
    const masked = Object.values(maskBody(body, agreementMaintenance.request) as Record<string, string>);
    expect(masked.every((text) => text.includes('**'))).to.equal(true);
  });

  it('never throws and always ends, whatever the body', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), fc.constantFrom(...messages), (raw, message) => {
        JSON.stringify(maskBody(raw, message.request));
      }),
    );
  });
});
