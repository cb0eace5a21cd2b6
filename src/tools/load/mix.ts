/** What the platform's traffic is made of: queries, payments, status questions, refunds, in given shares. */
import { chinaDay } from '../../clock.js';
import { type Day, fenOf, type Serial, type UnitDialect } from '../../protocol/index.js';
import { askingOf } from '../platform/asking.js';
import type { Outcome } from '../platform/client.js';
import { freshSerial, readAnswer, requestFrame, type Sender } from '../platform/request.js';
import type { Planned } from './load.js';

export const mixKinds = ['query', 'pay', 'status', 'refund'] as const;
export type MixKind = (typeof mixKinds)[number];
export type Shares = Readonly<Record<MixKind, number>>;
/** Bill day as platforms see it: mostly people who look, some who pay. */
export const usualShares: Shares = { query: 80, pay: 16, status: 3, refund: 1 };

export interface MixParts {
  readonly unit: string;
  readonly dialect: UnitDialect;
  readonly customers: readonly [string, ...string[]];
  readonly shares: Shares;
  /** Fen of a payment. */
  readonly amount: bigint;
  readonly sender: Sender;
  /** 0 … below 1. */
  readonly chance: () => number;
}
interface Paid {
  readonly serial: Serial;
  readonly day: Day;
}
const PAID_KEPT = 1000;

/** Frames one after the other; refunds and status questions are about payments that were booked. */
export function makeMix({ unit, dialect, customers, shares, amount, sender, chance }: MixParts) {
  const asking = askingOf(unit, dialect);
  const paid: Paid[] = [];
  const asked = new Map<string, Paid>();
  let lastSerial = '';
  const total = mixKinds.reduce((sum, kind) => sum + shares[kind], 0);
  const pick = <T>(from: readonly [T, ...T[]]): T => from[Math.floor(chance() * from.length)] ?? from[0];

  function kindNow(): MixKind {
    let at = chance() * total;
    for (const kind of mixKinds) {
      at -= shares[kind];
      if (at < 0) return kind;
    }
    return 'query';
  }
  function bodyOf(kind: MixKind) {
    const about = kind === 'refund' ? paid.shift() : paid[Math.floor(chance() * paid.length)];
    if (kind === 'refund' && about) {
      return asking.refund({
        originalSerial: about.serial,
        serial: undefined,
        bookingDay: about.day,
        amount: fenOf(amount),
      });
    }
    if (kind === 'status' && about) return asking.status(about.serial, about.day);
    if (kind === 'query' || shares.pay === 0) return asking.query(pick(customers));
    const day = chinaDay(sender.clock.now());
    const serial = freshSerial(day, sender.ids);
    lastSerial = serial;
    asked.set(serial, { serial, day });
    const rows = [{ customer: pick(customers), bill: '', month: undefined }];
    return asking.pay({ serial, bookingDay: day, amount: fenOf(amount), rows });
  }
  return {
    next(): Planned {
      lastSerial = '';
      const { serviceCode, body } = bodyOf(kindNow());
      return { kind: serviceCode, frame: requestFrame(serviceCode, body, sender), token: lastSerial };
    },
    /** A booked payment may be asked about and refunded from now on. */
    done(serial: string, outcome: Outcome): void {
      const payment = asked.get(serial);
      asked.delete(serial);
      if (payment === undefined || outcome.kind !== 'answer' || paid.length >= PAID_KEPT) return;
      if (readAnswer(outcome.data)?.code === '9999') paid.push(payment);
    },
  };
}
