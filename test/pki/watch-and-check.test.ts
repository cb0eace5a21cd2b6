import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Clock } from '../../src/clock.js';
import {
  addPinnedPeer,
  type CertificateInfo,
  certificateFiles,
  certificateOf,
  checkCertificates,
  EXPIRY_WARNING_DAYS,
  expiryWarnings,
  initCa,
  issueFromCa,
  placeIdentity,
  savePeers,
  selfSign,
  watchExpiry,
  watchTrust,
} from '../../src/pki/index.js';
import { temporaryDirectory } from '../support/directory.js';

const start = Date.parse('2026-03-01T00:00:00Z');
const DAY = 86_400_000;
const own = { subject: 'gateway', usage: 'both', keyType: 'ecdsa-p256', now: start } as const;

/** A clock that moves when told, and then calls what is due. */
function manualClock(from: number): Clock & { advance(ms: number): void } {
  let now = from;
  const calls = new Map<() => void, number>();
  return {
    now: () => now,
    sleep: async () => {},
    after: () => () => {},
    every(ms, call) {
      calls.set(call, ms);
      return () => calls.delete(call);
    },
    advance(ms) {
      for (const end = now + ms; now < end; ) {
        const before = now;
        now = Math.min(end, now + Math.min(...calls.values(), ms));
        for (const [call, each] of calls) if (Math.floor(before / each) !== Math.floor(now / each)) call();
      }
    },
  };
}

describe('pki: changes on disk are noticed within a second', () => {
  const dir = temporaryDirectory();

  it('once for each change, and at moments that were announced', () => {
    const files = certificateFiles(dir.path);
    mkdirSync(files.crls, { recursive: true });
    writeFileSync(files.peers, '{}');
    const clock = manualClock(start);
    let changes = 0;
    const watch = watchTrust(dir.path, () => changes++, clock);
    const seenAfter = (change: () => void) => {
      changes = 0;
      change();
      clock.advance(999);
      const seen = changes;
      clock.advance(5000);
      return [seen, changes];
    };
    expect(seenAfter(() => {})).deep.equal([0, 0]);
    expect(seenAfter(() => writeFileSync(files.peers, '{"a":1}'))).deep.equal([1, 1]);
    expect(seenAfter(() => writeFileSync(join(files.crls, 'x.crl'), 'x'))).deep.equal([1, 1]);
    expect(seenAfter(() => writeFileSync(files.serverKey, 'x'))).deep.equal([1, 1]);
    expect(seenAfter(() => writeFileSync(join(files.certs, 'x.tmp'), 'x'))).deep.equal([0, 0]);
    expect(seenAfter(() => watch.expect([clock.now() + 700, clock.now() + 10 * DAY]))).deep.equal([1, 1]);
    watch.close();
    expect(seenAfter(() => writeFileSync(files.peers, 'later'))).deep.equal([0, 0]);
  });
});

describe('pki: expiry', () => {
  const dir = temporaryDirectory();

  it('each step is logged once, the end every day', async () => {
    await placeIdentity(dir.path, await selfSign({ ...own, days: 100 }), 'now', start);
    const clock = manualClock(start);
    const said: string[] = [];
    const log = { event: (name: string, fields = {}) => void said.push(`${name} ${JSON.stringify(fields)}`) };
    const watch = await watchExpiry(dir.path, log, clock);
    watch.close(); // what follows looks by itself
    for (let day = 0; day < 103; day++) {
      clock.advance(DAY);
      await watch.look();
    }
    const left = said.map((line) => [line.split(' ')[0], Number(/"daysLeft":(-?\d+)/.exec(line)?.[1])]);
    expect(left.slice(0, 5).map(([, days]) => days)).deep.equal([59, 29, 13, 6, 0]);
    expect(left.slice(5).every(([name]) => name === 'certificate.expired')).equal(true);
    expect(left).length(5 + 3);
  });

  it('the step is the smallest that was reached; what is not in use is left out', () => {
    const info = (daysLeft: number, state: CertificateInfo['state'] = 'active') =>
      ({ daysLeft, state }) as CertificateInfo;
    const step = (daysLeft: number) => expiryWarnings([info(daysLeft)])[0]?.step;
    expect([60, 59, 30, 29, 14, 13, 7, 6, 1, 0, -1].map(step)).deep.equal([
      ...[undefined, 60, 60, 30, 30, 14, 14, 7, 7, 1, 0],
    ]);
    expect(EXPIRY_WARNING_DAYS).deep.equal([60, 30, 14, 7, 1, 0]);
    expect(expiryWarnings([info(3, 'disabled'), info(3, 'revoked'), info(3, 'ended'), info(3, 'ending')]))
      .empty;
  });
});

describe('pki: certs check', () => {
  const dir = temporaryDirectory();
  const files = () => certificateFiles(dir.path);
  const worst = async (at = start) => {
    const findings = await checkCertificates(dir.path, { now: at });
    return findings.filter(({ level }) => level !== 'ok').map(({ level, text }) => `${level}: ${text}`);
  };

  it('says what is wrong, worst first, and nothing when nothing is', async () => {
    expect(await worst()).deep.equal([
      `critical: there is no certificate ${files().serverCert}`,
      'warning: no peer can connect',
    ]);
    await placeIdentity(dir.path, await selfSign({ ...own, days: 365 }), 'now', start);
    const platform = await selfSign({ ...own, subject: 'platform', usage: 'client', days: 90 });
    const legacy = { oldTls: false, weakCertificate: false };
    const peer = { name: 'platform', units: ['1'], now: start, legacy };
    await savePeers(dir.path, addPinnedPeer([], peer, certificateOf(platform.certPem)));
    expect(await worst()).deep.equal([]);
    expect(await worst(start + 40 * DAY)).deep.equal(['warning: expires in 50 day(s)']);
    expect(await worst(start + 85 * DAY)).deep.equal(['critical: expires in 5 day(s)']);
    expect(await worst(start + 200 * DAY)).deep.equal(['critical: expired']);
    chmodSync(files().serverKey, 0o640);
    expect(await worst()).deep.equal(['critical: others may read this private key (mode 640)']);
    chmodSync(files().serverKey, 0o600);
  });

  it('names the switches that are on, stale CRLs, and what a JDK 8 will say', async () => {
    await initCa(dir.path, {
      commonName: 'CA',
      days: 900,
      keyType: 'ecdsa-p256',
      passphrase: 'long enough',
      now: start,
    });
    const leaf = { ...own, days: 400 };
    await placeIdentity(
      dir.path,
      await issueFromCa(dir.path, 'long enough', { ...leaf, usage: 'server' }),
      'now',
      start,
    );
    writeFileSync(join(files().certs, 'crl.txt'), '');
    mkdirSync(files().crls, { recursive: true });
    writeFileSync(join(files().crls, 'damaged.crl'), 'x');
    const found = await worst();
    expect(found[0]).contains('not for TLS clients: our notices');
    expect(found[1]).contains('not used: not a CRL');
    expect(found).length(2);
  });
});
