/** The DSDZ file of a simulated day: the platform's books, with the scenario's differences in it. */
import type { Ids } from '../../clock.js';
import { type Day, defaultWireDialect, dsdzDetail, fenOf } from '../../protocol/index.js';
import { freshSerial } from '../platform/request.js';
import type { Charge } from './platform.js';
import type { Scenario } from './scenario.js';

export interface DayFile {
  readonly day: Day;
  readonly text: string;
  /** What was done to it, for the report. */
  readonly injected: readonly string[];
}

/** @param customers who pays what never reached the utility */
export function dayFile(
  charges: readonly Charge[],
  day: Day,
  { file }: Scenario,
  customers: readonly [string, ...string[]],
  ids: Ids,
): DayFile {
  const booked = charges.filter((charge) => charge.day === day && charge.state === 'booked');
  const injected: string[] = [];
  const lines: Pick<Charge, 'serial' | 'customer' | 'amount'>[] = [];
  for (const [i, charge] of booked.entries()) {
    if (i < file.missing) {
      injected.push(`ours only: ${charge.serial}`);
    } else if (i < file.missing + file.differing) {
      injected.push(`amount differs: ${charge.serial}`);
      lines.push({ ...charge, amount: charge.amount + 1n });
    } else {
      lines.push(charge);
    }
  }
  for (let i = 0; i < file.platformOnly; i++) {
    const serial = freshSerial(day, ids);
    injected.push(`platform only: ${serial}`);
    lines.push({ serial, customer: customers[i % customers.length] ?? customers[0], amount: 1234n });
  }
  const total = lines.reduce((sum, { amount }) => sum + amount, 0n);
  const details = lines.map(({ serial, customer, amount }) =>
    dsdzDetail.write(
      {
        serial,
        customer,
        amount: fenOf(amount),
        bookingDay: day,
        rowCount: 1,
        rows: [{ customer, bill: '', month: undefined }],
      },
      defaultWireDialect,
    ),
  );
  return { day, text: `${[`${total}|${lines.length}|`, ...details].join('\r\n')}\r\n`, injected };
}
