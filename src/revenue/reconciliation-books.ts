/** What reconciliation needs of a revenue system beside the port: what stands under a serial, and where money of nobody we know goes. */
import type { Moment } from '../clock.js';
import type { Day, Fen, Serial } from '../protocol/values.js';
import type { Booking, RevenueSystem, SupplementOrder } from './revenue-system.js';
import type { Unit } from './unit.js';

/** A booking, as the platform's books would name it. */
export interface StandingBooking {
  readonly paymentNumber: string;
  /** Who the platform says has paid, also where an operator has assigned the money to another. */
  readonly customer: string;
  readonly amount: Fen;
  /** `undefined`: the system does not say. */
  readonly bookingDay: Day | undefined;
  readonly receivedAt: Moment | undefined;
  /** The order of the supplement that booked it, `''` where a message of the platform did; `undefined`: the system does not say. */
  readonly orderedBy: string | undefined;
}
/** What is booked under a serial, committed. */
export type SerialStanding =
  /** Nothing that stands in the way of a supplement: never seen, void, refused, freed, or reversed by reconciliation. */
  | { readonly kind: 'none'; readonly reversal: string }
  | ({ readonly kind: 'booked' } & StandingBooking)
  /** Given back by a refund of the platform or of the office. */
  | ({
      readonly kind: 'refunded';
      readonly refundNumber: string;
      readonly refundDay: Day | undefined;
    } & StandingBooking)
  /** In suspense under this number. */
  | ({ readonly kind: 'held' } & StandingBooking)
  /** Was in suspense, and was given back by this entry. */
  | ({ readonly kind: 'returned'; readonly refundNumber: string } & StandingBooking)
  /** A call runs, or its end is not known: look again later. */
  | { readonly kind: 'undecided' };

/** What became of an item that was to be assigned or given back. */
export type ResolveOutcome =
  | { readonly kind: 'done'; readonly number: string }
  | { readonly kind: 'refused'; readonly refusal: 'no-item' | 'resolved-already' | 'unknown-customer' };

export interface ReconciliationBooks extends Pick<RevenueSystem, 'supplement' | 'reverse'> {
  standing(unit: Unit, serial: Serial): Promise<SerialStanding>;
  /** The number of the refund or reversal that took this payment back; `''`: it stands. */
  reversalOf(unit: Unit, paymentNumber: string): Promise<string>;
  hasCustomer(unit: Unit, customer: string): Promise<boolean>;
  /** Bookings of the day where they are not in the built-in schema of the gateway's database. */
  readonly bookings: ((unit: Unit, day: Day) => AsyncIterable<Booking>) | undefined;
  /** Money of nobody we know (暂挂): its items are in the table `suspense_items` of the gateway's database. */
  readonly suspense: {
    /** @returns the item's number, or that something is booked under the serial already */
    hold(unit: Unit, order: SupplementOrder): Promise<{ readonly number: string } | 'already-booked'>;
    /** Books a held item for a customer, with the platform's serial and date, like a supplement. @returns the payment's number */
    assign(unit: Unit, number: string, customer: string, operator: string): Promise<ResolveOutcome>;
    /** Gives a held item back to the platform. @param reason kept with the item @returns the entry's number */
    giveBack(unit: Unit, number: string, reason: string): Promise<ResolveOutcome>;
  };
}
