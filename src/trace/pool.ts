import type { TracedDay, TracedDeduction, TracedDifference, TracedFile } from '../exchange/index.js';
import type {
  TracedBill,
  TracedCall,
  TracedEntry,
  TracedPayment,
  TracedSerial,
  TracedSuspense,
} from '../revenue/index.js';
import type { ExchangeRecord } from '../server/index.js';
import type { SubjectKind, TheirPayment } from './trace.js';

/** Things that are found on several ways, each kept once. */
export class Pool<T> {
  readonly #byKey = new Map<string, T>();
  constructor(private readonly keyOf: (one: T) => string) {}

  add(...some: readonly T[]): void {
    for (const one of some) this.#byKey.set(this.keyOf(one), one);
  }
  has(key: string): boolean {
    return this.#byKey.has(key);
  }
  get all(): readonly T[] {
    return [...this.#byKey.values()];
  }
}

/** What was found so far, over all units. */
export const foundNothing = () => ({
  kinds: new Set<SubjectKind>(),
  exchanges: new Pool<ExchangeRecord>(({ id }) => id),
  serials: new Pool<TracedSerial>(({ unit, serial }) => `${unit} ${serial}`),
  calls: new Pool<TracedCall>(({ unit, serial }) => `${unit} ${serial}`),
  theirs: new Pool<TheirPayment>(({ unit, paymentNumber, kind }) => `${unit} ${paymentNumber} ${kind}`),
  payments: new Pool<TracedPayment>(({ paymentNumber }) => paymentNumber),
  entries: new Pool<TracedEntry>(({ entryNumber }) => entryNumber),
  suspense: new Pool<TracedSuspense>(({ number }) => number),
  bills: new Pool<TracedBill>(({ unit, bill }) => `${unit} ${bill}`),
  deductions: new Pool<TracedDeduction>(({ detail }) => detail),
  files: new Pool<TracedFile>(({ id }) => id),
  days: new Pool<TracedDay>(({ unit, day }) => `${unit} ${day}`),
  differences: new Pool<TracedDifference>(({ unit, day, serial, run }) => `${unit} ${day} ${serial} ${run}`),
  notes: [] as string[],
});
export type Found = ReturnType<typeof foundNothing>;
