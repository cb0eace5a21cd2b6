/** One of the processes of the concurrency test: works for its time, then reports what it was told. */
import { systemClock } from '../../../src/clock.js';
import { DatabaseError, openDatabase } from '../../../src/database/index.js';
import { silentLog } from '../../../src/log.js';
import type { Day, Month } from '../../../src/protocol/values.js';
import { chanceOf } from '../../../src/revenue/demo-world/chance.js';
import { type Books, issueBills, openBuiltinRevenue } from '../../../src/revenue/index.js';
import { fen, noon } from '../world.js';
import {
  hotCustomers,
  type LoadOrder,
  type LoadReport,
  loadIds,
  orderOf,
  serialOf,
  hotUnit as unit,
} from './plan.js';

process.once('message', async (order: LoadOrder) => {
  // The parent disconnects once it has read the report: a long one is not through yet when send returns.
  process.send?.(await work(order));
});

async function work({ settings, process: id, workers, seconds, seed }: LoadOrder): Promise<LoadReport> {
  const database = await openDatabase(settings, { clock: systemClock, log: silentLog });
  const books: Books = { database, clock: systemClock, ids: loadIds };
  const revenue = openBuiltinRevenue(books);
  const report = {
    operations: 0,
    booked: [] as string[],
    takenBack: [] as string[],
    promised: [] as string[],
    supplemented: [] as string[],
    errors: {} as Record<string, number>,
  };
  const end = systemClock.now() + seconds * 1000;
  const chance = chanceOf(seed + id);

  async function one(): Promise<void> {
    // Both processes move along the same numbers, a little apart and often on the same.
    const n = Math.floor(report.operations / 3) + chance.below(24);
    const dice = chance.below(100);
    const order = orderOf(n);
    if (dice < 55) {
      const outcome = await revenue.pay(unit, order);
      if (outcome.kind === 'booked') report.booked.push(outcome.paymentNumber);
    } else if (dice < 67) {
      const outcome = await revenue.paymentStatus(unit, serialOf(n), noon);
      if (outcome.kind === 'unknown' || outcome.kind === 'refused') report.promised.push(serialOf(n));
    } else if (dice < 77) {
      const back = {
        originalSerial: serialOf(n),
        serial: undefined,
        amount: order.amount,
        bankDay: order.bankDay,
      };
      const outcome = await revenue.refund(unit, { ...back, receivedAt: noon });
      if (outcome.kind === 'refunded' && !outcome.repeat) report.takenBack.push(outcome.refundNumber);
    } else if (dice < 83) {
      const { bankDay: bookingDay, ...rest } = order;
      const outcome = await revenue.supplement(unit, { ...rest, bookingDay, orderedBy: 'load' });
      if (outcome.kind === 'booked') {
        report.booked.push(outcome.paymentNumber);
        report.supplemented.push(serialOf(n));
      }
    } else if (dice < 88) {
      const reversal = { serial: serialOf(n), receivedAt: noon, orderedBy: 'load', replaced: dice % 2 === 0 };
      const outcome = await revenue.reverse(unit, reversal);
      if (outcome.kind === 'reversed') report.takenBack.push(outcome.refundNumber);
    } else if (dice < 95) {
      const bill = { bill: `${id}-${report.operations}-${dice}`, month: '202401' as Month, amount: fen(300) };
      const days = { issuedOn: '20240101' as Day, lateFeeFrom: '20240110' as Day };
      await issueBills(books, unit, [{ ...bill, ...days, customer: chance.pick(hotCustomers) }]);
    } else {
      await revenue.arrears(unit, chance.pick(hotCustomers), order.bankDay);
    }
  }

  async function worker(): Promise<void> {
    while (systemClock.now() < end) {
      report.operations++;
      try {
        await one();
      } catch (error) {
        const label = error instanceof DatabaseError ? `${error.label}: ${error.message}` : String(error);
        report.errors[label] = (report.errors[label] ?? 0) + 1;
      }
    }
  }
  await Promise.all(Array.from({ length: workers }, worker));
  await database.close();
  return report;
}
