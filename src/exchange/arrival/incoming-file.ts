import type { Moment } from '../../clock.js';
import type { FileType } from '../../protocol/index.js';
import type { Day, Fen } from '../../protocol/values.js';

/** How a file came to us. */
export const fileSources = ['notice', 'watcher', 'import'] as const;
export type FileSource = (typeof fileSources)[number];

/**
 * whole: durably ours → parsed: every line read, sums agree, waits for its processor → processing → processed.
 * refused: unreadable or wrong. quarantined: an operator must decide.
 */
export const incomingStates = [
  'whole',
  'parsed',
  'processing',
  'processed',
  'refused',
  'quarantined',
] as const;
export type IncomingState = (typeof incomingStates)[number];

/** Why a file was not taken; in the words of the answer to its notice where there is one. */
export const refusals = [
  'unreadable',
  'wrong-date',
  'wrong-digest',
  'wrong-unit',
  'too-long',
  'conflict',
  'processor',
  'operator',
] as const;
export type FileRefusal = (typeof refusals)[number];

/** What the check found in a file: one line of its summary and the sums of its details agree on it. */
export interface FileSums {
  readonly lines: number;
  readonly amount: Fen;
  /** REDK: the successful ones. */
  readonly goodLines: number | undefined;
  readonly goodAmount: Fen | undefined;
}

/** One content that was taken in. */
export interface IncomingFile {
  readonly id: string;
  readonly unit: string;
  readonly type: FileType;
  readonly day: Day;
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly source: FileSource;
  readonly state: IncomingState;
  readonly refusal: FileRefusal | undefined;
  /** Reason of a refusal, or what the processor said; never a personal value. */
  readonly detail: string;
  readonly sums: FileSums | undefined;
  readonly place: string;
  /** Relative to the exchange root. */
  readonly storedPath: string;
  /** Whether it lies where it stays (archive or quarantine). */
  readonly filed: boolean;
  readonly foundAt: Moment;
  readonly storedAt: Moment;
  readonly checkedAt: Moment | undefined;
  readonly announcedAt: Moment | undefined;
  readonly finishedAt: Moment | undefined;
  readonly orderedBy: string;
  readonly attempts: number;
  readonly retryAt: Moment;
  readonly claimedBy: string;
  readonly claimedUntil: Moment;
}
