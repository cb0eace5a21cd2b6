/**
 * What the daily files carry of a bill and of a payment: the same in 200005, 200008, DZZD and JF (spec files.md
 * "Lines").
 */
import { chinaStamp } from '../clock.js';
import type { dzzdDetail, jfDetail, LineToWriteOf } from '../protocol/index.js';
import { fenOf } from '../protocol/values.js';
import type { IssuedBill, PaymentRecord } from '../revenue/revenue-system.js';
import type { Unit } from '../revenue/unit.js';

/** The columns of a DZZD line. */
export const billLine = (bill: IssuedBill, unit: Unit): LineToWriteOf<typeof dzzdDetail> => ({
  bill: bill.bill,
  unitName: unit.name,
  lateFeeFrom: bill.lateFeeFrom,
  customer: bill.customer,
  customerName: bill.customerName,
  address: bill.address,
  total: bill.amount,
  previousReading: bill.previousReading,
  currentReading: bill.currentReading,
  multiplier: bill.multiplier,
  volume: bill.volume,
  unitCode: bill.office,
  previousReadDay: bill.previousReadDay,
  currentReadDay: bill.currentReadDay,
  tiered: bill.tiered ? 'Y' : 'N',
  yearVolume: bill.yearVolume,
  issuedOn: bill.issuedOn,
  month: bill.month,
  feeCount: bill.fees.length,
  groups: { fees: bill.fees, readings: bill.readings, tiers: bill.tiers },
});

const kinds = { payment: '1', reversal: '2', refund: '3' } as const;

/** The columns of a JF line. */
export const paymentLine = (record: PaymentRecord, unit: Unit): LineToWriteOf<typeof jfDetail> => ({
  record: record.paymentNumber,
  customer: record.customer,
  customerName: record.customerName,
  customerUnit: record.office,
  collectingUnit: unit.shortName,
  clearingUnit: unit.id,
  institution: record.channel === 'counter' ? unit.shortName : 'ALIPAY',
  charged: record.amount,
  principal: record.principal,
  lateFee: record.lateFee,
  prepaidChange: record.prepaidChange,
  balanceAfter: fenOf(record.balanceAfter),
  at: chinaStamp(record.at),
  kind: kinds[record.kind],
  payMode: record.payMode,
});
