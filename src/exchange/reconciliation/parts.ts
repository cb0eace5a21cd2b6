/** What reconciliation works with. */
import type { Clock, Ids } from '../../clock.js';
import type { Database } from '../../database/index.js';
import type { FileSettings } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import type { ReconciliationBooks } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import type { AcceptedFile } from '../arrival/processor.js';
import type { Comparer } from './comparer.js';
import type { ReconciliationSettings } from './settings.js';

export interface ReconParts {
  /** Ours, with the tables of reconciliation. */
  readonly database: Database;
  readonly books: ReconciliationBooks;
  readonly comparer: Comparer;
  readonly settingsOf: (unit: string) => ReconciliationSettings;
  readonly clock: Clock;
  readonly ids: Ids;
  /** A day whose node gave no sign of life for so long is taken over (ms). */
  readonly leaseMs: number;
  /** How far the repairs are, for a terminal. */
  readonly progress?: (done: number, of: number) => void;
}
/** A file of the platform, durably ours. */
export type ReconFile = Pick<AcceptedFile, 'name' | 'path' | 'sha256' | 'settings' | 'storedAt'> & {
  readonly unit: Unit;
  readonly day: Day;
  readonly settings: FileSettings;
};
