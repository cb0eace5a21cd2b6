import { expect } from 'chai';
import {
  catalogue,
  defaultPeerDialect,
  defaultUnitDialect,
  FrameDecoder,
  isServiceCode,
  type PeerDialect,
  parseEnvelope,
  peekClearingUnit,
  refusalOf,
  wireDialectOf,
} from '../../src/protocol/index.js';
import { defectCases } from '../support/fixtures.js';

/** What the protocol makes of the bytes, as the server does it: the code of the answer, or why there is none. */
function outcome(bytes: Buffer, dialect: PeerDialect): string {
  const decoder = new FrameDecoder(dialect);
  const [event] = decoder.push(bytes);
  if (event === undefined) return decoder.pendingBytes > 0 ? 'waits' : 'closed';
  if (event.kind === 'fault') return 'closed';
  const envelope = parseEnvelope(event.data, dialect.charset);
  if (!envelope.ok) return envelope.result;
  if (!isServiceCode(event.serviceCode)) return '0008';
  if (peekClearingUnit(envelope.body) !== '36745') return '0001';
  const read = catalogue[event.serviceCode].readRequest(envelope.body, wireDialectOf(defaultUnitDialect));
  return read.ok ? '9999' : refusalOf(read.issues).result;
}

describe('field defects', () => {
  for (const { title, bytes, dialect, expected } of defectCases) {
    it(`${title}: ${expected}`, () => {
      expect(outcome(bytes, { ...defaultPeerDialect, ...dialect })).to.equal(expected);
    });
  }
});
