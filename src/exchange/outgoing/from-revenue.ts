/** JF, DZZD and CFTZ: what the revenue database says of a day (spec files.md "Types"). */
import { addDays } from '../../clock.js';
import type { Database } from '../../database/index.js';
import { billLine, paymentLine } from '../../handlers/index.js';
import { exchangeFiles } from '../../protocol/index.js';
import type { Day } from '../../protocol/values.js';
import { billsIssuedOn, type DunnableBill, dunnableBills, recordsOfDay } from '../../revenue/index.js';
import type { IssuedBill, PaymentRecord } from '../../revenue/revenue-system.js';
import type { Unit } from '../../revenue/unit.js';
import { type ExchangeSettings, exchangeOfUnit } from '../settings.js';
import { defineProducer, type Producer } from './producer.js';

/** What the three are made of, row by row in bounded memory; an existing revenue schema gives it by its own statements. */
export interface OutgoingSource {
  /** All bookings, refunds and reversals of a booking day, every channel. */
  recordsOfDay(unit: Unit, day: Day): AsyncIterable<PaymentRecord>;
  billsIssuedOn(unit: Unit, day: Day): AsyncIterable<IssuedBill>;
  /** Open bills of bound customers, with late fee as of the day. */
  dunnableBills(unit: Unit, asOf: Day): AsyncIterable<DunnableBill>;
}

/** The built-in schema as a source. @param open a database whose statements may take their time, opened when it is first needed */
export const builtinSource = (open: () => Promise<Database>): OutgoingSource => ({
  async *recordsOfDay(unit, day) {
    yield* recordsOfDay(await open(), unit, day);
  },
  async *billsIssuedOn(unit, day) {
    yield* billsIssuedOn(await open(), unit, day);
  },
  async *dunnableBills(unit, asOf) {
    yield* dunnableBills(await open(), unit, asOf);
  },
});

/** A schema of the utility's own as a source. @param open its statements, with a connection that has time */
export const existingSource = (open: () => Promise<OutgoingSource>): OutgoingSource => ({
  async *recordsOfDay(unit, day) {
    yield* (await open()).recordsOfDay(unit, day);
  },
  async *billsIssuedOn(unit, day) {
    yield* (await open()).billsIssuedOn(unit, day);
  },
  async *dunnableBills(unit, asOf) {
    yield* (await open()).dunnableBills(unit, asOf);
  },
});

export function revenueProducers(source: OutgoingSource, settings: ExchangeSettings): readonly Producer[] {
  return [
    defineProducer({
      type: 'JF',
      file: exchangeFiles.JF,
      async *details({ unit, dataDay }) {
        for await (const record of source.recordsOfDay(unit, dataDay)) yield paymentLine(record, unit);
      },
      summary: ({ lineCount, total }) => ({ lineCount, total }),
    }),
    defineProducer({
      type: 'DZZD',
      file: exchangeFiles.DZZD,
      async *details({ unit, dataDay }) {
        for await (const bill of source.billsIssuedOn(unit, dataDay)) yield billLine(bill, unit);
      },
      summary: ({ lineCount }) => ({ lineCount }),
    }),
    defineProducer({
      type: 'CFTZ',
      file: exchangeFiles.CFTZ,
      async *details({ unit, dataDay }) {
        const remindUntil = addDays(dataDay, exchangeOfUnit(settings, unit.id).remindDays);
        for await (const { bill, customer, customerName, owed, lateFeeFrom } of source.dunnableBills(
          unit,
          dataDay,
        )) {
          const { name, id } = unit;
          yield {
            bill,
            customer,
            customerName,
            owed,
            lateFeeFrom,
            unitName: name,
            clearingUnit: id,
            remindUntil,
          };
        }
      },
      summary: ({ lineCount }) => ({ lineCount }),
    }),
  ];
}
