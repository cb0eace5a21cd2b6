import type { Unit } from '../revenue/unit.js';

export interface FileNotice {
  readonly filePath: string;
  readonly fileType: string;
  readonly fileName: string;
  readonly extend: string;
  /** The answer must be given before this moment (ms since 1970). */
  readonly deadline: number;
}
export interface FileVerdict {
  /** `accepted`: durably stored and its processing accepted. The others: spec files.md "Notices". */
  readonly verdict:
    | 'accepted'
    | 'not-there'
    | 'unreadable'
    | 'wrong-date'
    | 'wrong-digest'
    | 'repeated'
    | 'unknown-type';
  /** For the platform (rtnMsg) and the operator, e.g. line and column of a fault. */
  readonly detail: string;
}
/** Where announced files are handed to (spec files.md); implemented by the exchange room. */
export interface FileArrival {
  announced(unit: Unit, notice: FileNotice): Promise<FileVerdict>;
}
