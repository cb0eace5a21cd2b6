import { expect } from 'chai';
import fc from 'fast-check';
import { OperatorError } from '../../src/errors.js';
import { derOf, explicit, octets, oid, seq } from '../../src/pki/der.js';
import {
  createCa,
  issueCertificate,
  readStore,
  writeJksTrustStore,
  writeTrustStore,
} from '../../src/pki/index.js';

const now = Date.parse('2026-03-01T00:00:00Z');

describe('pki: files that others send are hostile until read', () => {
  const whole: Buffer[] = [];
  before(async () => {
    const ca = await createCa({ commonName: 'CA', days: 10, now });
    const leaf = await issueCertificate({
      ca,
      subject: 'x',
      usage: 'client',
      keyType: 'ecdsa-p256',
      days: 5,
      now,
    });
    const entries = [
      { alias: 'leaf', certPem: leaf.certPem },
      { alias: 'ca', certPem: ca.certPem },
    ];
    const der = Buffer.from(leaf.certPem.replace(/-----[^-]+-----/g, ''), 'base64');
    const signedData = seq(oid('1.2.840.113549.1.7.2'), explicit(0, seq(octets(der), explicit(0))));
    whole.push(
      Buffer.from(leaf.certPem + ca.certPem),
      der,
      writeJksTrustStore({ entries, password: 'changeit', now }),
      writeTrustStore({ entries, password: 'changeit', strength: 'modern' }),
      derOf(signedData),
    );
  });
  const read = (bytes: Buffer) => {
    try {
      return readStore('fuzz', bytes, 'changeit').entries.length > 0;
    } catch (error) {
      expect(error).instanceOf(OperatorError);
      return false;
    }
  };

  it('any bytes: certificates, or one clear sentence', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        read(Buffer.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('real files, cut and changed: the same', () => {
    const change = fc.record({ at: fc.nat(5000), byte: fc.nat(255), cut: fc.option(fc.nat(5000)) });
    for (const [i, bytes] of whole.entries())
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          let changed = Buffer.from(bytes);
          for (const { at, byte, cut } of changes) {
            if (changed.length > 0) changed.writeUInt8(byte, at % changed.length);
            if (cut !== null && cut < changed.length) changed = changed.subarray(0, cut);
          }
          read(changed);
        }),
        { numRuns: i === 3 ? 15 : 200 }, // each try of a PKCS#12 derives keys,
      );
  }).timeout(60_000);

  it('a store that asks for endless key derivation is refused, not computed', () => {
    const bytes = Buffer.from(whole[3] ?? '');
    const rounds = Buffer.from('020301 86a0'.replaceAll(' ', ''), 'hex'); // INTEGER 100000
    for (let at = bytes.indexOf(rounds); at >= 0; at = bytes.indexOf(rounds, at + 1))
      bytes.write('02037fffff', at, 'hex');
    expect(() => readStore('slow', bytes, 'changeit')).throws(/8388607 rounds/);
  });
});
