/** Which certificates expire soon, and when to say so. */
import type { Clock, Moment } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Log } from '../log.js';
import { subjectText } from './distinguished-name.js';
import { type CertificateInfo, listCertificates } from './inventory.js';
import { caPemsOf, loadPeers } from './peers.js';
import { loadRevocations } from './revocation.js';

/** Days before the end at which a warning is due; each once, and 0 every day from the end on. */
export const EXPIRY_WARNING_DAYS = [60, 30, 14, 7, 1, 0] as const;

export interface ExpiryWarning {
  readonly certificate: CertificateInfo;
  /** The step that was reached: the smallest of {@link EXPIRY_WARNING_DAYS} that is not below the days left. */
  readonly step: (typeof EXPIRY_WARNING_DAYS)[number];
}

/** In use, so that its end matters. */
const matters = ({ state }: CertificateInfo): boolean => state === 'active' || state === 'waiting';

/** What the metric shows: certificates in use. */
export const daysLeftByUse = (certificates: readonly CertificateInfo[]) =>
  certificates.filter(matters).map(({ use, name, daysLeft }) => ({ use, name, daysLeft }));

/** The warnings that hold at this moment. */
export const expiryWarnings = (certificates: readonly CertificateInfo[]): ExpiryWarning[] =>
  certificates.filter(matters).flatMap((certificate) => {
    const reached = EXPIRY_WARNING_DAYS.filter(
      (days) => certificate.daysLeft < days || certificate.daysLeft < 0,
    );
    const step = reached.at(-1);
    return step === undefined ? [] : [{ certificate, step }];
  });

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface ExpiryWatch {
  /** Looks now, e.g. after a reload. */
  look(): Promise<void>;
  close(): void;
}

/**
 * Looks every hour and at the start; logs each step once per certificate, and an expired one every day.
 * @param seen gets what was found at each look, for the metric "days left"
 */
export async function watchExpiry(
  dir: string,
  log: Log,
  clock: Clock,
  seen: (certificates: readonly CertificateInfo[]) => void = () => {},
): Promise<ExpiryWatch> {
  const said = new Map<string, Moment>();
  const sayStaleCrls = async (now: Moment) => {
    const peers = await loadPeers(dir);
    const { staleIssuers } = await loadRevocations(dir, caPemsOf(peers));
    for (const issuer of staleIssuers(now)) {
      const last = said.get(`crl ${issuer}`);
      if (last !== undefined && now - last < DAY_MS) continue;
      said.set(`crl ${issuer}`, now);
      log.event('crl.stale', { issuer: subjectText(issuer) });
    }
  };
  const look = async () => {
    const now = clock.now();
    const current = await listCertificates(dir, now);
    seen(current);
    await sayStaleCrls(now);
    for (const { certificate, step } of expiryWarnings(current)) {
      const key = `${certificate.sha256} ${step}`;
      const last = said.get(key);
      if (last !== undefined && (step > 0 || now - last < DAY_MS)) continue;
      said.set(key, now);
      log.event(certificate.daysLeft < 0 ? 'certificate.expired' : 'certificate.expiring', {
        use: certificate.use,
        name: certificate.name,
        subject: certificate.subject,
        fingerprint: certificate.sha256,
        daysLeft: certificate.daysLeft,
      });
    }
  };
  await look();
  // A file that cannot be read now is seen by the reload and by the next look.
  const lookQuietly = () =>
    look().catch((error: unknown) => log.event('certificate.unreadable', { reason: messageOf(error) }));
  const stop = clock.every(HOUR_MS, lookQuietly);
  return { look: lookQuietly, close: stop };
}
