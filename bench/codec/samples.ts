/** One request and one answer of each message: as captured where there is a capture, else invented by the declaration's generator. */
import fc from 'fast-check';
import {
  arrearsQuery,
  defaultUnitDialect,
  type Fields,
  fenOf,
  type Message,
  messages,
  wireDialectOf,
} from '../../src/protocol/index.js';
import { arbitraryOf } from '../../test/support/arbitrary.js';
import { messageFixture } from '../../test/support/fixtures.js';

type Values = Record<string, unknown>;
export interface Sample {
  readonly name: string;
  readonly message: Message;
  /** The data of the request's frame. */
  readonly data: Buffer;
  readonly answer: Values;
}
export const dialect = wireDialectOf(defaultUnitDialect);
const captures: Readonly<Record<string, string>> = { '200001': '01', '200002': '02', '200011': '07' };
const head = (JSON.parse(messageFixture('01').data) as { head: Values }).head;

/** Every field with a value, short lists: like real messages and unlike what is empty. */
function invented(fields: Fields): Values {
  const required = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...field, required: true }]),
  );
  const [value] = fc.sample(arbitraryOf(required), { numRuns: 1, seed: 1 });
  return value ?? {};
}
function requestData(message: Message): Buffer {
  const [code] = message.serviceCodes;
  const capture = captures[code];
  if (capture !== undefined) return Buffer.from(messageFixture(capture).data);
  const body = message.writeRequest(invented(message.request), dialect);
  return Buffer.from(JSON.stringify({ head, body }));
}

const bill = {
  bill: '557547572',
  customer: '1542080708',
  customerName: '王小明',
  office: '36239',
  officeName: '长沙供水',
  clearingUnit: '36239',
  month: '201705',
  volume: '21',
  receivable: fenOf(2907n),
  lateFee: fenOf(87n),
  owed: fenOf(2994n),
};
const arrears = (bills: number): Values => ({
  ...bill,
  result: '9999',
  resultText: '交易成功',
  address: '示例区1片11栋1门',
  prepaid: fenOf(44n),
  totalOwed: fenOf(2950n * BigInt(bills)),
  billCount: bills,
  bills: Array.from({ length: bills }, () => bill),
});

export const samples: readonly Sample[] = messages.flatMap((message): Sample[] => {
  const name = `${message.serviceCodes[0]} ${message.title}`;
  const sample = { message, data: requestData(message) };
  if (message.serviceCodes[0] !== arrearsQuery.serviceCodes[0]) {
    return [{ ...sample, name, answer: { ...invented(message.answer), result: '9999' } }];
  }
  return [1, 20].map((bills) => ({ ...sample, name: `${name} (${bills})`, answer: arrears(bills) }));
});
