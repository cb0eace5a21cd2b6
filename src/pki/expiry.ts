/** Which certificates expire soon, and when to say so. */
import type { Clock, Moment } from '../clock.js';
import type { Log } from '../log.js';
import { type CertificateInfo, listCertificates } from './inventory.js';

/** Days before the end at which a warning is due; each once, and 0 every day from the end on. */
export const EXPIRY_WARNING_DAYS = [60, 30, 14, 7, 1, 0] as const;

export interface ExpiryWarning {
  readonly certificate: CertificateInfo;
  /** The step that was reached: the smallest of {@link EXPIRY_WARNING_DAYS} that is not below the days left. */
  readonly step: (typeof EXPIRY_WARNING_DAYS)[number];
}

/** In use, so that its end matters. */
const matters = ({ state }: CertificateInfo): boolean => state === 'active' || state === 'waiting';

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
  /** What was found at the last look, for the metric "days left". */
  certificates(): readonly CertificateInfo[];
  /** Looks now, e.g. after a reload. */
  look(): Promise<void>;
  close(): void;
}

/** Looks every hour and at the start; logs each step once per certificate, and an expired one every day. */
export async function watchExpiry(dir: string, log: Log, clock: Clock): Promise<ExpiryWatch> {
  let current: readonly CertificateInfo[] = [];
  const said = new Map<string, Moment>();
  const look = async () => {
    const now = clock.now();
    current = await listCertificates(dir, now);
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
  const stop = clock.every(HOUR_MS, () => {
    // A file that cannot be read now is seen by the reload and by the next look.
    look().catch((error: unknown) => log.event('certificate.unreadable', { reason: String(error) }));
  });
  return { certificates: () => current, look, close: stop };
}
