import { expect } from 'chai';
import {
  arrearsQuery,
  defaultUnitDialect,
  fenOf,
  type Handlers,
  messages,
  parseSerial,
  payment,
  refusalOf,
  wireDialectOf,
} from '../../src/protocol/index.js';

const fen = wireDialectOf(defaultUnitDialect);
const request = {
  acctOrgNo: '39536',
  bankSerial: '2024040400003001780000000041',
  bankDate: '20240404',
  rcvAmt: '2065',
  chargeCnt: '1',
  rcvDet: '022000|0|202401|$',
};
function faultsOf(body: unknown) {
  const read = payment.readRequest(body, fen);
  return read.ok ? [] : read.issues.map(({ path, fault, answer }) => `${path} ${fault} ${answer}`);
}

describe('messages', () => {
  it('a payment reads rows as text, in each form that peers send', () => {
    const forms = {
      '1542080708|557547572|201703||$': ['1542080708', '557547572', '201703', ''],
      '022000|0|202401|$': ['022000', '0', '202401', ''],
      '66778899||202310||$': ['66778899', '', '202310', ''],
      '0410000000|0|20240406|$': ['0410000000', '0', '202404', ''],
      '022000|0|202401': ['022000', '0', '202401', ''],
      '022000|$': ['022000', '', undefined, ''],
      '022000$': ['022000', '', undefined, ''],
    };
    for (const [rcvDet, columns] of Object.entries(forms)) {
      const read = payment.readRequest({ ...request, rcvDet }, fen);
      if (!read.ok) throw new Error(`${rcvDet}: ${read.issues[0]?.path}`);
      const [row] = read.value.rows;
      expect([row?.customer, row?.bill, row?.month, row?.note], rcvDet).to.deep.equal(columns);
    }
  });

  it('every fault names field and reason, and never the value', () => {
    expect(faultsOf({ ...request, bankSerial: '' })).to.deep.equal(['body.bankSerial empty 0004']);
    expect(faultsOf({ ...request, rcvAmt: undefined })).to.deep.equal(['body.rcvAmt empty 0004']);
    expect(faultsOf({ ...request, rcvDet: [] })).to.deep.equal(['body.rcvDet empty 0004']);
    expect(faultsOf({ ...request, rcvAmt: '0' })).to.deep.equal(['body.rcvAmt format 0003']);
    expect(faultsOf({ ...request, rcvAmt: '1e3' })).to.deep.equal(['body.rcvAmt format 0003']);
    expect(faultsOf({ ...request, rcvAmt: '１００' })).to.deep.equal(['body.rcvAmt format 0003']);
    expect(faultsOf({ ...request, bankSerial: 2.0240404000030018e27 })).to.deep.equal([
      'body.bankSerial type 0003',
    ]);
    expect(faultsOf({ ...request, bankDate: '20240230' })).to.deep.equal(['body.bankDate format 0003']);
    expect(faultsOf({ ...request, rcvDet: '022000|$|0|$' })).to.deep.equal([
      'body.rcvDet[1].consNo empty 0004',
    ]);
    expect(faultsOf({ ...request, rcvDet: [{ consNo: '1' }, 7] })).to.deep.equal([
      'body.rcvDet[1] type 0003',
    ]);
    expect(faultsOf([])).to.deep.equal(['body type 0003']);
  });

  it('texts with NUL, other control characters or half a surrogate pair are refused', () => {
    const bad = ['"\\u0000"', '"a\\u0007"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u007f"'];
    for (const text of bad) {
      const extend: unknown = JSON.parse(text);
      expect(faultsOf({ ...request, extend }), text).to.deep.equal(['body.extend format 0003']);
    }
    for (const extend of ['王𠮷😀', 'a\tb\r\nc', '\u2028', '\ufffd']) {
      expect(faultsOf({ ...request, extend })).to.deep.equal([]);
    }
  });

  it('an unknown query type is answered 1002', () => {
    const read = arrearsQuery.readRequest({ acctOrgNo: '1', queryType: '9', queryValue: '5' }, fen);
    expect(read.ok).to.equal(false);
    if (!read.ok) expect(refusalOf(read.issues).result).to.equal('1002');
  });

  it('a refusal carries the full zero body, or three members by dialect', () => {
    const full = arrearsQuery.writeRefusal('1002', '查询的号码不合法', fen);
    expect(full).to.include({ rtnCode: '1002', totalOweAmt: '0', consNo: '' });
    expect(full.rcvblDet).to.deep.equal([]);
    const short = wireDialectOf({
      ...defaultUnitDialect,
      errorBody: 'short',
      resultCodes: { '1002': '2005' },
    });
    expect(arrearsQuery.writeRefusal('1002', '', short)).to.deep.equal({
      rtnCode: '2005',
      rtnMsg: '',
      extend: '',
    });
  });

  it('no answer of any service requires more than its result', () => {
    for (const message of messages) {
      const required = Object.entries(message.answer).filter(([, field]) => field.required);
      expect(
        required.map(([name]) => name),
        message.title,
      ).to.deep.equal(['result']);
    }
  });

  it('the types refuse what the protocol does not know', () => {
    const serial = parseSerial('2024040400003001780000000041');
    if (serial === undefined) throw new Error('serial');
    const row = { customer: '022000' };
    const given = {
      clearingUnit: '1',
      serial,
      bookingDay: '20240404' as never,
      amount: fenOf(1n),
      rows: [row],
    };
    payment.writeRequest(given, fen);
    // @ts-expect-error an amount is no number
    void (() => payment.writeRequest({ ...given, amount: 1 }, fen));
    // @ts-expect-error a bare bigint is not fen
    void (() => payment.writeRequest({ ...given, amount: 1n }, fen));
    // @ts-expect-error a serial is not any text
    void (() => payment.writeRequest({ ...given, serial: '1' }, fen));
    const { serial: _, ...unkeyed } = given;
    // @ts-expect-error the serial is missing
    void (() => payment.writeRequest(unkeyed, fen));
    // @ts-expect-error no such result code
    void (() => payment.writeAnswer({ result: '9998' }, fen));
    // @ts-expect-error a service without a handler
    const handlers: Handlers<unknown> = {};
    expect(handlers).to.deep.equal({});
  });
});
