import { expect } from 'chai';
import fc from 'fast-check';
import {
  answerHead,
  defaultUnitDialect,
  emptyHead,
  encodeMessage,
  FrameDecoder,
  messages,
  parseEnvelope,
  type UnitDialect,
  wireDialectOf,
} from '../../src/protocol/index.js';
import { arbitraryOf, textOf } from '../support/arbitrary.js';

const charsets = ['utf8', 'gbk'] as const;
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

/** Through every layer: body, JSON, charset, frame, and back. */
function through(serviceCode: string, body: Record<string, unknown>, charset: 'utf8' | 'gbk') {
  const head = answerHead({ ...emptyHead, messageId: 'm1', source: '水司' }, serviceCode, '20240404101010');
  const bytes = encodeMessage(serviceCode, head, body, charset);
  const [event] = new FrameDecoder().push(bytes);
  if (event?.kind !== 'frame') throw new Error('no frame');
  const envelope = parseEnvelope(event.data, charset);
  if (!envelope.ok) throw new Error(envelope.detail);
  expect(envelope.head).to.deep.equal(head);
  return envelope.body;
}

describe('every message, for all values its declaration allows', () => {
  for (const message of messages) {
    const [serviceCode] = message.serviceCodes;
    for (const side of ['request', 'answer'] as const) {
      it(`${serviceCode} ${message.title}: ${side} comes back as it went, in every dialect and charset`, () => {
        const given = fc.tuple(
          arbitraryOf(message[side]),
          fc.constantFrom(...dialects),
          fc.constantFrom(...charsets),
        );
        fc.assert(
          fc.property(given, ([value, unit, charset]) => {
            const dialect = wireDialectOf(unit);
            const written =
              side === 'request' ? message.writeRequest(value, dialect) : message.writeAnswer(value, dialect);
            const body = through(serviceCode, written, charset);
            const read =
              side === 'request' ? message.readRequest(body, dialect) : message.readAnswer(body, dialect);
            expect(read).to.deep.equal({ ok: true, value, ignored: [] });
          }),
          { numRuns: 300 },
        );
      });

      it(`${serviceCode} ${message.title}: any JSON as ${side} is read or refused, never thrown at`, () => {
        const names = Object.values(message[side]).map((field) => field.wire);
        const member = fc.oneof(fc.constantFrom(...names), fc.constantFrom('__proto__', 'constructor', 'x'));
        const anything = fc.oneof(
          fc.jsonValue(),
          textOf(1, 40, 'json'),
          fc.constantFrom('|$', '$#|', '0|$0', 1e21, -0, 0.1),
        );
        const body = fc.dictionary(member, anything);
        fc.assert(
          fc.property(fc.oneof(body, fc.jsonValue()), fc.constantFrom(...dialects), (raw, unit) => {
            const json: unknown = JSON.parse(JSON.stringify(raw));
            const dialect = wireDialectOf(unit);
            const read =
              side === 'request' ? message.readRequest(json, dialect) : message.readAnswer(json, dialect);
            if (!read.ok) expect(read.issues.length).to.be.within(1, 50);
            const again = side === 'request' ? 'readRequest' : 'readAnswer';
            const write = side === 'request' ? 'writeRequest' : 'writeAnswer';
            if (read.ok)
              expect(message[again](message[write](read.value, dialect), dialect)).to.have.property(
                'ok',
                true,
              );
          }),
          { numRuns: 200 },
        );
      });
    }
  }
});
