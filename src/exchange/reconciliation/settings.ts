/** `exchange.units.*.reconciliation` of sluice.yaml. */
import { z } from 'zod';

const time = (fallback: string, why: string) =>
  z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:mm, e.g. "09:00"')
    .default(fallback)
    .describe(why);
const days = (fallback: number) => z.int().min(0).max(366).default(fallback);

export const reconciliationSettings = z
  .strictObject({
    deadline: time('09:00', 'China time of the next day; a file that is not there then raises an alarm'),
    closeBy: time('18:00', 'China time of the next day; a day that is not closed then raises an alarm'),
    repairsMax: z
      .int()
      .min(0)
      .default(200)
      .describe('more repairs than this wait for `sluice recon confirm`'),
    repairFenMax: z
      .int()
      .min(0)
      .default(10_000_000)
      .describe('repairs that move more than this in all (fen) wait for it, too'),
    fileWhenEmpty: z
      .boolean()
      .default(true)
      .describe(
        'whether the platform sends a file for a day without payments; if not, such a day closes by itself',
      ),
    dueDays: z
      .strictObject({
        missing: days(3),
        surplus: days(3),
        amount: days(1),
        customer: days(1),
        both: days(1),
        'other-day': days(3),
        refunded: days(3),
      })
      .prefault({})
      .describe(
        'days from its finding until a difference of the class must be settled; afterwards it shows as overdue',
      ),
  })
  .prefault({});
export type ReconciliationSettings = z.output<typeof reconciliationSettings>;
