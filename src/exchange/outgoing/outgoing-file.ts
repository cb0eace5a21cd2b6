import type { Moment } from '../../clock.js';
import type { Day, Fen } from '../../protocol/values.js';
import type { OutgoingType } from '../file-type.js';

/**
 * generating → written (whole on our disk) → published (where the platform looks) → verified (read back, equal) → noticed.
 * empty: nothing to say, and the unit wants no empty files. failed: the notice was refused or given up. withdrawn: by an operator.
 */
export const outgoingStates = [
  'generating',
  'written',
  'published',
  'verified',
  'noticed',
  'failed',
  'empty',
  'withdrawn',
] as const;
export type OutgoingState = (typeof outgoingStates)[number];
/** In these there is something left to do. */
export const openStates = [
  'generating',
  'written',
  'published',
  'verified',
] as const satisfies readonly OutgoingState[];

export interface OutgoingFile {
  readonly id: string;
  readonly unit: string;
  readonly type: OutgoingType;
  /** Whose data it carries. */
  readonly dataDay: Day;
  /** 1, or higher where it was made again. */
  readonly run: number;
  readonly name: string;
  readonly state: OutgoingState;
  readonly sha256: string;
  readonly bytes: number | undefined;
  readonly lines: number | undefined;
  readonly amount: Fen | undefined;
  readonly place: string;
  /** What went wrong last, or why it ended as it did. */
  readonly detail: string;
  readonly orderedBy: string;
  readonly orderedAt: Moment;
  readonly writtenAt: Moment | undefined;
  readonly publishedAt: Moment | undefined;
  readonly noticedAt: Moment | undefined;
  readonly noticeAttempts: number;
  readonly attempts: number;
  readonly retryAt: Moment;
  readonly claimedBy: string;
  readonly claimedUntil: Moment;
}

/** One attempt to announce a file. */
export interface NoticeAttempt {
  readonly number: number;
  readonly messageId: string;
  readonly serviceCode: string;
  readonly target: string;
  readonly sentAt: Moment;
  readonly durationMs: number | undefined;
  /** The platform's code; `''`: no answer (yet). */
  readonly code: string;
  readonly detail: string;
}
