/** What the exchange counts, in its own words. */
import type { Clock } from '../clock.js';
import type { Metrics } from '../metrics.js';
import type { FileType } from '../protocol/index.js';
import type { FileRefusal } from './arrival/incoming-file.js';

export interface Meters {
  incoming(type: FileType, result: 'processed' | 'failed' | 'conflict' | FileRefusal): void;
  outgoing(type: FileType, result: 'published' | 'noticed' | 'failed'): void;
  /** An attempt to announce: answered for good, put off, given up. */
  notice(result: 'accepted' | 'again' | 'refused' | 'given-up'): void;
  /** A whole look through a place, and how many files there are not whole yet. */
  looked(place: string, waiting: number): void;
  /** Files that are not done with, and the age of the oldest. */
  unfinished(direction: 'in' | 'out', files: number, oldestSeconds: number): void;
}

export const metersOf = (metrics: Metrics, clock: Clock): Meters => ({
  incoming: (type, result) => metrics.filesIn.inc({ type, result }),
  outgoing: (type, result) => metrics.filesOut.inc({ type, result }),
  notice: (result) => metrics.fileNotices.inc({ result }),
  looked(place, waiting) {
    metrics.filesWaiting.set({ place }, waiting);
    metrics.placeLookedAt.set({ place }, Math.floor(clock.now() / 1000));
  },
  unfinished(direction, files, oldestSeconds) {
    metrics.filesUnfinished.set({ direction }, files);
    metrics.fileOldestSeconds.set({ direction }, oldestSeconds);
  },
});
export const silentMeters: Meters = {
  incoming: () => {},
  outgoing: () => {},
  notice: () => {},
  looked: () => {},
  unfinished: () => {},
};
