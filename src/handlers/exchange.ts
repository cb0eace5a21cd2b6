import type { Clock, Moment } from '../clock.js';
import type { RevenueSystem } from '../revenue/revenue-system.js';
import type { Unit } from '../revenue/unit.js';
import type { FileArrival } from './file-arrival.js';

/** Everything a step needs to know about the caller, resolved once, at the front. */
export interface Exchange {
  /** Names this exchange in the process log and in the exchange log. */
  readonly id: string;
  readonly peer: string;
  readonly unit: Unit;
  readonly serviceCode: string;
  readonly receivedAt: Moment;
  /** After this moment 0009 has been answered whatever the handler does. */
  readonly deadline: Moment;
  readonly revenue: RevenueSystem;
  readonly files: FileArrival;
  readonly clock: Clock;
  /** What the operator should find in the log beside the result code. */
  readonly notes: ExchangeNotes;
}
/** Filled in by the handler while it works. */
export interface ExchangeNotes {
  serial?: string;
  customer?: string;
  /** Why it was refused or failed, in words for the operator; never a personal value. */
  reason?: string;
}
