/* Taking over a changed configuration and changed certificates while running: all of it or nothing. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Moment } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import { messageOf } from './errors.js';
import type { Log } from './log.js';
import { legacyNeeds } from './pki/index.js';
import type { Trust } from './server/index.js';

/** What became of a reload; the last one lies in `DIR/run/reload.json`. */
export interface ReloadOutcome {
  readonly at: Moment;
  readonly applied: boolean;
  /** Why it was refused; empty when applied. */
  readonly reason: string;
  /** Sections of sluice.yaml that changed and take effect at the next start only. */
  readonly restart: readonly string[];
}
export interface ReloadParts {
  readonly config: LoadedConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly readConfig: () => LoadedConfig;
  readonly readTrust: () => Promise<Trust>;
  /** Where the outcome is shown to `sluice reload`. */
  readonly record: (dir: string, outcome: ReloadOutcome) => void;
  /** Puts both in force. Must not fail half-way. */
  readonly apply: (config: LoadedConfig, trust: Trust) => void;
}

/** Reloads one after the other; `trust` leaves sluice.yaml alone, so that a half-edited one does not hold up a revocation. */
export function makeReloader(parts: ReloadParts): (what: 'trust' | 'all') => Promise<ReloadOutcome> {
  const { clock, log } = parts;
  const started = parts.config;
  let inForce = parts.config;
  let turn: Promise<unknown> = Promise.resolve();

  async function once(what: 'trust' | 'all'): Promise<ReloadOutcome> {
    try {
      const next = what === 'all' ? parts.readConfig() : inForce;
      const trust = await parts.readTrust();
      parts.apply(next, trust);
      inForce = next;
      const restart = changedAtStart(started, next);
      log.event('trust.reloaded', { what, restart: restart.join(',') });
      warnOfLegacy(trust, log);
      return { at: clock.now(), applied: true, reason: '', restart };
    } catch (error) {
      log.event('trust.refused', { what, reason: messageOf(error) });
      return { at: clock.now(), applied: false, reason: messageOf(error), restart: [] };
    }
  }
  return (what) => {
    const mine = turn.then(() => once(what));
    turn = mine.then((outcome) => parts.record(inForce.dir, outcome));
    return mine;
  };
}

/** Switches that loosen TLS are said at every start and reload. */
export function warnOfLegacy({ certificates }: Trust, log: Log): void {
  const legacy = legacyNeeds(certificates.peers);
  for (const peer of legacy.oldTls) log.event('peer.legacy', { peer, switch: 'oldTls' });
  for (const peer of legacy.weakCertificate) log.event('peer.legacy', { peer, switch: 'weakCertificate' });
}

/** Sections that a running gateway cannot change: what it listens on, its database, its log. */
function changedAtStart(started: LoadedConfig, next: LoadedConfig): string[] {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, one) =>
      typeof one === 'bigint' ? String(one) : one instanceof Set ? [...one] : one,
    );
  const fixed = ({ units: _, dir: __, server, ...sections }: LoadedConfig) => ({
    ...sections,
    'server.host': server.host,
    'server.port': server.port,
    'server.workers': server.workers,
    'server.limits.handshakeMs': server.limits.handshakeMs,
  });
  const [before, after] = [fixed(started), fixed(next)];
  return Object.entries(after).flatMap(([name, section]) =>
    text(Object.entries(before).find(([other]) => other === name)?.[1]) === text(section) ? [] : [name],
  );
}

const outcomeFile = (dir: string) => join(dir, 'run', 'reload.json');

/** Writes the outcome where {@link readOutcome} finds it. */
export function writeOutcome(dir: string, outcome: ReloadOutcome): void {
  try {
    mkdirSync(join(dir, 'run'), { recursive: true, mode: 0o750 });
    writeFileSync(`${outcomeFile(dir)}.tmp`, `${JSON.stringify(outcome)}\n`);
    renameSync(`${outcomeFile(dir)}.tmp`, outcomeFile(dir));
  } catch {
    // A full disk: the log said it, and whoever waits for the file says that it did not come.
  }
}

/** The outcome of the last reload, or `undefined`. */
export function readOutcome(dir: string): ReloadOutcome | undefined {
  try {
    return JSON.parse(readFileSync(outcomeFile(dir), 'utf8')) as ReloadOutcome;
  } catch {
    return undefined;
  }
}
