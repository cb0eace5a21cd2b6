/**
 * What batch deduction (批量代扣, spec money.md) needs of a revenue system beside the port: which bills may be debited, holding them, and booking
 * what the platform debited. Files, schedules and batches belong to the exchange room, and lie in our own database.
 */
import type { Clock, Ids, Moment } from '../clock.js';
import type { Database, Session } from '../database/database.js';
import type { Day, Fen, Month, Serial } from '../protocol/values.js';
import type { Unit } from './unit.js';

/** A bill with a valid agreement, as it would be or is in a deduction request. */
export interface DeductibleBill {
  readonly bill: string;
  readonly customer: string;
  readonly agreementNumber: string;
  readonly bankCode: string;
  readonly bankAccount: string;
  readonly month: Month;
  readonly volume: string;
  readonly principal: Fen;
  readonly lateFee: Fen;
}

/** One successful line of a deduction result. The caller has matched it with its request. */
export interface Debit {
  readonly batch: string;
  /** The platform's serial of the debit. */
  readonly serial: Serial;
  readonly customer: string;
  readonly bill: string;
  readonly amount: Fen;
  /** The day of the debit (`resDay`): booking day and pay day. */
  readonly day: Day;
  readonly receivedAt: Moment;
}
export type DebitOutcome =
  | { readonly kind: 'settled'; readonly paymentNumber: string }
  /** The bill was paid meanwhile: all of it is prepaid. */
  | { readonly kind: 'prepaid'; readonly paymentNumber: string }
  /** The serial is another booking's. */
  | { readonly kind: 'already-booked'; readonly paymentNumber: string };

/** What a part of a result comes to. */
export interface Results {
  readonly debits: readonly Debit[];
  /** Bills whose debits failed: they are let go. */
  readonly failed: readonly string[];
}

export interface DeductionBooks {
  /** Ours, where batches, lines and results are kept. */
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  /** So many bills, or lines of a result, are dealt with at once: quick, and yet no payment is held up by it for long. */
  readonly atOnce: number;
  /**
   * Bills that a run may take, with their late fee as of a day, in bounded memory; in the order of customers that our database has. Bills
   * that are held already may be among them: `hold` tells them apart.
   */
  eligible(unit: Unit, asOf: Day): AsyncIterable<DeductibleBill>;
  /** How many there are about now, for a progress bar; 0: not known. */
  countEligible(unit: Unit): Promise<number>;
  /**
   * Locks bills for a batch and freezes their late fee. One that was settled or locked meanwhile is passed over; one that this batch holds
   * already is held.
   * @param tx the transaction that notes them as lines. Where it fails after this, the same bills are held again
   * @param bills as {@link eligible} gives them
   * @returns those of them that the batch holds now
   */
  hold(
    tx: Session,
    unit: Unit,
    batch: string,
    asOf: Day,
    bills: readonly DeductibleBill[],
  ): Promise<ReadonlySet<string>>;
  /**
   * Books debits and lets bills go, whatever part of it was done before, and notes what came of it.
   * @param read gives, in a transaction, what is to be done
   * @param note writes what came of it, outcomes in the order of the debits, in a transaction; may come twice with the same
   */
  settle<R extends Results>(
    unit: Unit,
    batch: string,
    read: (tx: Session) => Promise<R>,
    note: (tx: Session, results: R, outcomes: readonly DebitOutcome[]) => Promise<void>,
  ): Promise<void>;
  /**
   * Notes that a batch is given up and lets all of its bills go. May be repeated.
   * @param note in a transaction; throws where it cannot be given up, and nothing is let go
   * @returns how many bills were let go
   */
  release(unit: Unit, batch: string, note: (tx: Session) => Promise<void>): Promise<number>;
}
