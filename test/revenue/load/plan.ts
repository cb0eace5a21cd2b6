/** What two processes do to the same few accounts: everything follows from a serial's number, so that both often send the very same thing. */
import { type Ids, systemIds } from '../../../src/clock.js';
import type { DatabaseSettings } from '../../../src/database/index.js';
import type { Serial } from '../../../src/protocol/values.js';
import type { PaymentOrder } from '../../../src/revenue/revenue-system.js';
import { unitWith } from '../../../src/revenue/unit.js';
import { fen, noon, today } from '../world.js';

export const hotUnit = unitWith('H1', { amountRule: 'any' });
export const hotCustomers = ['h0', 'h1', 'h2', 'h3'] as const;

export interface LoadOrder {
  readonly settings: DatabaseSettings;
  readonly process: number;
  readonly workers: number;
  readonly seconds: number;
  readonly seed: number;
}
/** What a process was told by the revenue system; the parent compares it with the books. */
export interface LoadReport {
  readonly operations: number;
  /** Payment numbers answered `booked`, by `pay` and by `supplement`. */
  readonly booked: readonly string[];
  /** Refund numbers answered as done now, by `refund` and by `reverse`. */
  readonly takenBack: readonly string[];
  /** Serials that a status answered `unknown` or `refused`: promises. */
  readonly promised: readonly string[];
  /** Serials that a supplement booked: the only thing that breaks such a promise. */
  readonly supplemented: readonly string[];
  /** Thrown errors by label. */
  readonly errors: Readonly<Record<string, number>>;
}

export const serialOf = (n: number): Serial => `2024011500003001${String(n).padStart(12, '0')}` as Serial;
export const orderOf = (n: number): PaymentOrder => {
  const customer = hotCustomers[n % hotCustomers.length] ?? 'h0';
  return {
    serial: serialOf(n),
    customer,
    amount: fen(100 + ((n * 7919) % 900)),
    bankDay: today,
    receivedAt: noon,
    rows: [{ customer, bill: '', month: undefined }],
    fundNumber: '',
    payMode: '',
    remark: '',
  };
};
export const loadIds: Ids = systemIds;
