/** A gateway's certificates and peers, and platforms of every kind that may answer at the other end of a notice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.js';
import {
  type Credential,
  certificateFiles,
  createCa,
  fingerprint,
  issueCertificate,
  savePeers,
  saveRevokedFingerprints,
  selfSign,
  writeWhole,
} from '../../src/pki/index.js';
import { fileNoticeOut, defaultWireDialect as wire } from '../../src/protocol/index.js';
import { loadTrust, type NoticeCall, type Trust } from '../../src/server/index.js';

const DAY_MS = 86_400_000;
const UNIT = '39536';

export interface NoticeWorld {
  readonly dir: string;
  readonly caPem: string;
  readonly trust: Trust;
  /** By what is right or wrong with them. */
  readonly platforms: Readonly<Record<PlatformKind, Credential>>;
  remove(): void;
}
export const badPlatforms = {
  unknown: /self-signed|SELF_SIGNED/i,
  impostor: /VERIFY|ISSUER|SIGNATURE|CERT/i,
  expired: /EXPIRED/,
  otherSubject: /wrong-subject/,
  revoked: /revoked/,
  otherUnits: /does not act for 39536/,
} as const;
export type PlatformKind = keyof typeof badPlatforms | 'good' | 'pinned';

export async function noticeWorld(): Promise<NoticeWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-notice-'));
  const now = systemClock.now();
  const base = { usage: 'both', keyType: 'ecdsa-p256', days: 30, now } as const;
  const ca = await createCa({ commonName: 'platform CA', days: 365, now });
  const otherCa = await createCa({ commonName: 'another CA', days: 365, now });
  const impostorCa = await createCa({ commonName: 'platform CA', days: 365, now });
  const issue = (subject: string, from = ca, since = now) =>
    issueCertificate({ ...base, ca: from, subject, now: since, ipAddresses: ['127.0.0.1'] });
  const [gateway, good, pinned] = [
    await issue('gateway'),
    await issue('platform'),
    await selfSign({ ...base, subject: 'pinned' }),
  ];
  const platforms = {
    good,
    pinned,
    unknown: await selfSign({ ...base, subject: 'unknown' }),
    impostor: await issue('platform', impostorCa),
    expired: await issue('platform', ca, now - 60 * DAY_MS),
    otherSubject: await issue('somebody'),
    revoked: await issue('platform'),
    otherUnits: await issue('neighbour', otherCa),
  };
  const peer = (name: string, units: string[], ofCa: Credential | undefined, subject: string) => ({
    name,
    units,
    state: 'active' as const,
    pins: ofCa ? [] : [{ sha256: fingerprint(pinned.certPem), pem: pinned.certPem, addedAt: 0 }],
    ...(ofCa && { ca: { pem: ofCa.certPem, subject: `CN=${subject}` } }),
    dialect: {},
    legacy: { oldTls: false, weakCertificate: false },
    addedAt: 0,
  });
  await savePeers(dir, [
    peer('platform', [UNIT], ca, 'platform'),
    peer('pinned', [UNIT], undefined, ''),
    peer('neighbour', ['00'], otherCa, 'neighbour'),
  ]);
  await saveRevokedFingerprints(dir, [
    { sha256: fingerprint(platforms.revoked.certPem), at: now, reason: 'test' },
  ]);
  const files = certificateFiles(dir);
  await writeWhole(files.serverCert, gateway.certPem, 'public');
  await writeWhole(files.serverKey, gateway.keyPem, 'secret');
  return {
    dir,
    caPem: ca.certPem,
    trust: await loadTrust(dir, systemClock),
    platforms,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** A notice to this port. */
export const noticeTo = (port: number, more: Partial<NoticeCall> = {}): NoticeCall => ({
  host: '127.0.0.1',
  port,
  unit: UNIT,
  serviceCode: '100001',
  head: {
    version: '1.0.1',
    source: 'GSCQQIANNENG',
    target: 'ALIPAY',
    serviceCode: '100001',
    messageId: 'A'.repeat(32),
    messageTime: '20240404120000',
    extend: '',
  },
  body: fileNoticeOut.writeRequest(
    {
      clearingUnit: UNIT,
      filePath: '/download/',
      fileType: 'JF',
      fileName: 'GSCQQIANNENG_JF_39536_20240404.txt',
      extend: '',
    },
    wire,
  ),
  timeoutMs: 10_000,
  ...more,
});
