/** What becomes of a file once it is accepted: one processor for each type, registered where the parts are wired together. */
import type { Moment } from '../../clock.js';
import type { FileSettings } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { Unit } from '../../revenue/unit.js';
import type { IncomingType } from '../file-type.js';
import type { FileSums } from './incoming-file.js';

/** A file that is durably stored, readable in every line, and whose sums agree. */
export interface AcceptedFile {
  readonly id: string;
  readonly unit: Unit;
  readonly type: IncomingType;
  /** As its name says: DSDZ business day, REDK day of generation. */
  readonly day: Day;
  readonly name: string;
  /** Absolute; stays as it is until the processor has ended. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly sums: FileSums;
  /** How it is to be read. */
  readonly settings: FileSettings;
  readonly storedAt: Moment;
}

export type ProcessingOutcome =
  /** Done, or taken over durably by the processor's own tables. The file is archived. */
  | { readonly kind: 'processed'; readonly detail: string }
  /** It cannot be taken for a reason in its content, and nothing of it was. The file is quarantined, with an alarm. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Not now (another day must come first, an operator must confirm): asked again at `again`. */
  | { readonly kind: 'later'; readonly detail: string; readonly again: Moment };

export interface Processor {
  readonly type: IncomingType;
  /**
   * Idempotent: called again after a crash, and then goes on or finds it done. Anything thrown means "not done": it is tried again
   * with growing pauses, and an alarm.
   * @param signal aborts when another node has taken the file over, or this one stops: end soon, change nothing more
   */
  process(file: AcceptedFile, signal: AbortSignal): Promise<ProcessingOutcome>;
}
