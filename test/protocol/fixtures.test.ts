import { expect } from 'chai';
import {
  defaultUnitDialect,
  encodeFrame,
  FrameDecoder,
  messageOf,
  parseEnvelope,
  peekClearingUnit,
  type UnitDialect,
  wireDialectOf,
} from '../../src/protocol/index.js';
import { type MessageFixture, messageFixture, messageFixtures } from '../support/fixtures.js';

const dialectOf = (fixture: MessageFixture): UnitDialect => ({ ...defaultUnitDialect, ...fixture.dialect });
function decoded(fixture: MessageFixture, tolerance: 'strict' | 'charCount' = 'strict') {
  const events = new FrameDecoder({ lengthTolerance: tolerance }).push(Buffer.from(fixture.frameHex, 'hex'));
  const [event] = events;
  if (event?.kind !== 'frame') throw new Error(`${fixture.name}: ${JSON.stringify(event)}`);
  const envelope = parseEnvelope(event.data, 'utf8');
  if (!envelope.ok) throw new Error(`${fixture.name}: ${envelope.detail}`);
  return { event, envelope };
}

describe('captured messages', () => {
  for (const fixture of messageFixtures.filter(({ name }) => !name.startsWith('08'))) {
    it(`${fixture.name} is cut, read and encoded to the same bytes`, () => {
      const { event, envelope } = decoded(fixture);
      expect(event.data.toString('utf8')).to.equal(fixture.data);
      expect(encodeFrame(event.serviceCode, event.data).toString('hex')).to.equal(fixture.frameHex);
      expect(peekClearingUnit(envelope.body)).to.equal(JSON.parse(fixture.data).body.acctOrgNo);
      const message = messageOf(fixture.serviceCode);
      const isAnswer = fixture.expect.direction === 'answer';
      const dialect = wireDialectOf(dialectOf(fixture));
      const read = isAnswer
        ? message?.readAnswer(envelope.body, dialect)
        : message?.readRequest(envelope.body, dialect);
      expect(read).to.have.property('ok', true);
      if (!read?.ok) return;
      expect(read.ignored).to.deep.equal([]);
      const written = isAnswer
        ? message?.writeAnswer(read.value, dialect)
        : message?.writeRequest(read.value, dialect);
      const again = isAnswer ? message?.readAnswer(written, dialect) : message?.readRequest(written, dialect);
      expect(again).to.deep.equal(read);
    });
  }

  it('03 and 01 are written back member by member as captured', () => {
    for (const prefix of ['01', '02', '03', '04', '07']) {
      const fixture = messageFixture(prefix);
      const { envelope } = decoded(fixture);
      const message = messageOf(fixture.serviceCode);
      const dialect = wireDialectOf(dialectOf(fixture));
      const side = fixture.expect.direction === 'answer' ? 'Answer' : 'Request';
      const read = message?.[`read${side}`](envelope.body, dialect);
      if (!read?.ok) throw new Error(prefix);
      const written = message?.[`write${side}`](read.value, dialect);
      for (const [member, value] of Object.entries(envelope.body))
        expect(written?.[member]).to.deep.equal(value);
    }
  });

  it('08 is a fault to a strict peer and the same as 01 to a tolerant one', () => {
    const fixture = messageFixture('08');
    const events = new FrameDecoder().push(Buffer.from(fixture.frameHex, 'hex'));
    expect(events.map((event) => event.kind === 'fault' && event.fault)).to.deep.equal(['end-mark']);
    expect(decoded(fixture, 'charCount').envelope).to.deep.equal(decoded(messageFixture('01')).envelope);
  });
});
