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
  const list = folderLists(clock);
  let seen = stateOf(dir, list);
  let expected: readonly Moment[] = [];
  let polledAt = clock.now();
  const stop = clock.every(POLL_MS, () => {
    const now = clock.now();
    const state = stateOf(dir, list);
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

function stateOf(dir: string, list: (folder: string) => readonly string[]): string {
  const { certs, crls } = certificateFiles(dir);
  return [certs, crls].flatMap(list).map(markOf).join('\n');
}

/** A file system may give changes within so long the same moment. */
const MTIME_GRAIN_MS = 2000;

/** Paths of the files in a folder; it is read again only when it was changed, or has just been. */
function folderLists(clock: Clock): (folder: string) => readonly string[] {
  const known = new Map<string, { readonly changedNs: bigint; readonly paths: readonly string[] }>();
  return (folder) => {
    const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return []; // not there yet
    const cached = known.get(folder);
    const isOld = clock.now() - Number(stat.mtimeMs) > MTIME_GRAIN_MS;
    if (isOld && cached?.changedNs === stat.mtimeNs) return cached.paths;
    const paths = pathsIn(folder);
    // What was read while it was young may lack what came in the same moment.
    if (isOld) known.set(folder, { changedNs: stat.mtimeNs, paths });
    return paths;
  };
}

function pathsIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => !name.endsWith('.tmp'));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return []; // gone meanwhile
  }
}

function markOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() ? `${file} ${stat.ino} ${stat.size} ${stat.mtimeNs}` : '';
}
