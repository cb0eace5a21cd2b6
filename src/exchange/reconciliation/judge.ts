/** What is to be done about a difference, given what stands under its serial now (spec money.md "T+1 reconciliation"). Pure. */
import type { Moment } from '../../clock.js';
import type { Day } from '../../protocol/values.js';
import type { SerialStanding, StandingBooking } from '../../revenue/index.js';
import { classOf, type DifferenceClass, type FoundDifference, type Outcome } from './difference.js';
import type { Ending } from './differences.js';

export type Plan =
  /** Book the platform's line; `replaced`: ours was taken back before. */
  | { readonly do: 'supplement'; readonly outcome: 'supplemented' | 'replaced'; readonly reversal: string }
  /** Take ours back and book the platform's line. */
  | { readonly do: 'replace'; readonly class: DifferenceClass }
  | { readonly do: 'reverse' }
  /** Out of suspense, back to the platform. */
  | { readonly do: 'give-back'; readonly number: string }
  | { readonly do: 'end'; readonly ending: Ending }
  /** Something runs under this serial: look again. */
  | { readonly do: 'later' };

export interface Circumstances {
  readonly day: Day;
  /** When the file was ours: it cannot know of payments after it. */
  readonly fileAt: Moment;
  /** What our own supplements of this run say in `orderedBy`. */
  readonly order: string;
  /** A repair was begun and perhaps done, and the crash came before it was noted. */
  readonly begun: boolean;
  /** The serial stands in another day's file. */
  readonly elsewhere: boolean;
  /** By an operator's order: what we have refunded and the platform has not is booked again. */
  readonly rebook: boolean;
}

const end = (state: Ending['state'], outcome: Outcome | undefined, more: Partial<Ending> = {}): Plan => ({
  do: 'end',
  ending: { state, outcome, ...more },
});

export function judge(found: FoundDifference, standing: SerialStanding, now: Circumstances): Plan {
  if (standing.kind === 'undecided') return { do: 'later' };
  return found.platform === undefined ? judgeSurplus(standing, now) : judgeLine(found, standing, now);
}

type Decided = Exclude<SerialStanding, { kind: 'undecided' }>;

/** The platform has charged. */
function judgeLine(found: FoundDifference, standing: Decided, now: Circumstances): Plan {
  // Ours was there when the books were compared: it can only have been taken back in order to be replaced.
  const outcome = found.ours?.state === 'booked' ? 'replaced' : 'supplemented';
  switch (standing.kind) {
    case 'none':
      return { do: 'supplement', outcome, reversal: standing.reversal };
    case 'booked':
      return judgeBooked(found, standing, now, outcome);
    case 'held':
      return differs(found, standing) === undefined
        ? end('suspense', 'suspense', { paymentAfter: standing.paymentNumber })
        : end('listed', 'suspense-differs');
    case 'refunded':
      if (now.rebook) return { do: 'replace', class: 'refunded' };
      return standing.refundDay !== undefined && standing.refundDay > now.day
        ? end('settled', 'refunded-later', { class: 'refunded', refundNumber: standing.refundNumber })
        : end('listed', 'refunded-here', { class: 'refunded', refundNumber: standing.refundNumber });
    case 'returned':
      return end('listed', 'refunded-here', { class: 'refunded', refundNumber: standing.refundNumber });
    default:
      return standing satisfies never;
  }
}

function judgeBooked(
  found: FoundDifference,
  standing: StandingBooking,
  now: Circumstances,
  outcome: 'supplemented' | 'replaced',
): Plan {
  const other = differs(found, standing);
  if (other !== undefined) return { do: 'replace', class: other };
  const paymentAfter = standing.paymentNumber;
  const isOurs = standing.orderedBy === undefined ? now.begun : standing.orderedBy === now.order;
  if (isOurs) return end('repaired', outcome, { paymentAfter });
  return standing.bookingDay !== undefined && standing.bookingDay !== now.day
    ? end('settled', 'reconciled-elsewhere', { class: 'other-day', paymentAfter })
    : end('settled', 'booked-meanwhile', { paymentAfter });
}
const differs = (found: FoundDifference, { customer, amount, paymentNumber }: StandingBooking) =>
  classOf(found.platform, { customer, amount, paymentNumber, state: 'booked' });

/** The platform has not charged, or has refunded. */
function judgeSurplus(standing: Decided, now: Circumstances): Plan {
  switch (standing.kind) {
    case 'none':
      return now.begun && standing.reversal !== ''
        ? end('repaired', 'reversed', { refundNumber: standing.reversal })
        : end('settled', 'refunded-meanwhile', { refundNumber: standing.reversal });
    case 'booked':
      if (now.elsewhere) return end('settled', 'reconciled-elsewhere', { class: 'other-day' });
      return standing.receivedAt !== undefined && standing.receivedAt >= now.fileAt
        ? end('listed', 'booked-after-file')
        : { do: 'reverse' };
    case 'held':
      return { do: 'give-back', number: standing.paymentNumber };
    case 'refunded':
      return end('settled', 'refunded-meanwhile', { refundNumber: standing.refundNumber });
    case 'returned':
      return now.begun
        ? end('repaired', 'returned', { refundNumber: standing.refundNumber })
        : end('settled', 'refunded-meanwhile', { refundNumber: standing.refundNumber });
    default:
      return standing satisfies never;
  }
}
