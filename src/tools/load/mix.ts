/** What the platform's traffic is made of: queries, payments, status questions, refunds, in given shares. */
import { chinaDay } from '../../clock.js';
import {
  arrearsQuery,
  type Day,
  fenOf,
  type Serial,
  type UnitDialect,
  wireDialectOf,
} from '../../protocol/index.js';
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
  /** Fen of a payment where nothing is due, or where what is due is not asked. */
  readonly amount: bigint;
  readonly sender: Sender;
  /** 0 … below 1. */
  readonly chance: () => number;
}
interface Paid {
  readonly serial: Serial;
  readonly day: Day;
  /** Fen. */
  readonly amount: bigint;
}
const PAID_KEPT = 1000;
/** Customers whose arrears are remembered. */
const DUE_KEPT = 10_000;

/** Frames one after the other; refunds and status questions are about payments that were booked. */
export function makeMix({ unit, dialect, customers, shares, amount, sender, chance }: MixParts) {
  const asking = askingOf(unit, dialect);
  const paid: Paid[] = [];
  const asked = new Map<string, Paid>();
  /** Customer → fen, as the last query said: people look, then pay what is due. */
  const due = new Map<string, bigint>();
  let token = '';
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
        amount: fenOf(about.amount),
      });
    }
    if (kind === 'status' && about) return asking.status(about.serial, about.day);
    const [looked] = due;
    // Nothing to ask about or to take back yet, nobody looked yet: people look first.
    if (
      kind === 'query' ||
      shares.pay === 0 ||
      (shares.query > 0 && (kind !== 'pay' || looked === undefined))
    ) {
      const customer = pick(customers);
      token = `customer ${customer}`;
      return asking.query(customer);
    }
    const [customer, owed] = looked ?? [pick(customers), 0n];
    due.delete(customer);
    const paying = owed > 0n ? owed : amount;
    const day = chinaDay(sender.clock.now());
    const serial = freshSerial(day, sender.ids);
    token = serial;
    asked.set(serial, { serial, day, amount: paying });
    const rows = [{ customer, bill: '', month: undefined }];
    return asking.pay({ serial, bookingDay: day, amount: fenOf(paying), rows });
  }
  return {
    next(): Planned {
      token = '';
      const { serviceCode, body } = bodyOf(kindNow());
      return { kind: serviceCode, frame: requestFrame(serviceCode, body, sender), token };
    },
    /** A booked payment may be asked about and refunded from now on; what a query said is due may be paid. */
    done(about: string, outcome: Outcome): void {
      if (outcome.kind !== 'answer') {
        asked.delete(about);
        return;
      }
      const answer = readAnswer(outcome.data);
      if (about.startsWith('customer ')) {
        const read = arrearsQuery.readAnswer(answer?.body, wireDialectOf(dialect));
        if (answer?.code === '9999' && read.ok && due.size < DUE_KEPT)
          due.set(about.slice(9), read.value.totalOwed);
        return;
      }
      const payment = asked.get(about);
      asked.delete(about);
      if (payment !== undefined && answer?.code === '9999' && paid.length < PAID_KEPT) paid.push(payment);
    },
  };
}
