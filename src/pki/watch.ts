/** Notices that certificates, peers or revocations on disk changed, so that a running gateway takes them over. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Moment } from '../clock.js';
import { certificateFiles } from './files.js';

/** Half of the second within which a revocation must be effective. Plain `stat`: it also works on network file systems. */
const POLL_MS = 500;

export interface TrustWatch {
  /** Moments at which something changes without a file changing: the end of an overlap, the start of a new certificate. */
  expect(moments: readonly Moment[]): void;
  close(): void;
}

/**
 * Calls `onChange` after each change of the files that trust is made of (never twice for one change; a file that is still
 * being written is seen again when it is done).
 */
export function watchTrust(dir: string, onChange: () => void, clock: Clock): TrustWatch {
  let seen = stateOf(dir);
  let expected: readonly Moment[] = [];
  let polledAt = clock.now();
  const stop = clock.every(POLL_MS, () => {
    const now = clock.now();
    const state = stateOf(dir);
    const due = expected.some((moment) => polledAt < moment && moment <= now);
    polledAt = now;
    if (state === seen && !due) return;
    seen = state;
    onChange();
  });
  return {
    expect(moments) {
      expected = moments;
    },
    close: stop,
  };
}

function stateOf(dir: string): string {
  const { certs, crls } = certificateFiles(dir);
  return [certs, crls]
    .flatMap((folder) => namesIn(folder).map((name) => markOf(join(folder, name))))
    .join('\n');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.endsWith('.tmp'))
      .sort();
  } catch {
    return []; // not there yet
  }
}

function markOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() ? `${file} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : '';
}
