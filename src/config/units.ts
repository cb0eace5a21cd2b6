import { z } from 'zod';
import { defaultUnitDialect } from '../protocol/dialect.js';
import { fenOf, parseDay } from '../protocol/values.js';
import { defaultRules, type Unit } from '../revenue/unit.js';

const day = z.string().transform((text, ctx) => {
  const found = parseDay(text);
  if (found === undefined) ctx.addIssue({ code: 'custom', message: 'expected a day that exists, yyyyMMdd' });
  return found ?? z.NEVER;
});
const fen = z
  .int()
  .min(0)
  .transform((value) => fenOf(BigInt(value)));
const decimal = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,8})?$/, 'expected a decimal number in quotes, e.g. "0.003"');
const hours = z
  .string()
  .regex(/^\d\d:\d\d-\d\d:\d\d$/, 'expected HH:mm-HH:mm, e.g. 06:00-23:30')
  .transform((text) => ({
    from: text.slice(0, 2) + text.slice(3, 5),
    to: text.slice(6, 8) + text.slice(9, 11),
  }));
const resultCode = z.string().regex(/^\d{4}$/, 'expected four digits in quotes');

const d = defaultUnitDialect;
/** Dialect of a clearing unit; every member is explained in spec "Dialect settings" and docs/protocol.md. */
const unitDialect = z
  .strictObject({
    amountUnit: z.enum(['fen', 'yuan']).default(d.amountUnit),
    rowsAs: z.enum(['text', 'array']).default(d.rowsAs),
    nothingOwed: z.enum(['9999-empty', '9999-zero-detail', '1003']).default(d.nothingOwed),
    unknownCustomer: z.enum(['1002', '2003', '2005']).default(d.unknownCustomer),
    amountRule: z.enum(['atLeastDue', 'exact', 'any']).default(d.amountRule),
    billsChosen: z.enum(['oldestFirst', 'byId']).default(d.billsChosen),
    duplicateAnswer: z.enum(['2001', '9999IfSame']).default(d.duplicateAnswer),
    unknownSerial: z.enum(['void', 'open']).default(d.unknownSerial),
    bookingDay: z.enum(['bankDate', 'receivedDate']).default(d.bookingDay),
    lateFeeAsOf: z.enum(['bankDate', 'receivedDate']).default(d.lateFeeAsOf),
    prepaidNetted: z.boolean().default(d.prepaidNetted),
    receivedTotal: z.enum(['details', 'receivable']).default(d.receivedTotal),
    lockPolicy: z.enum(['allow', 'reject1006', 'hide']).default(d.lockPolicy),
    balanceArray: z.enum(['balInfos', 'BAL_INFO']).default(d.balanceArray),
    noticeCode: z
      .string()
      .regex(/^\d{6}$/, 'expected six digits in quotes')
      .default(d.noticeCode),
    fileOkCode: z.enum(['9999', '4005']).default(d.fileOkCode),
    repeatedFile: z.enum(['4004', '4006', '9999']).default(d.repeatedFile),
    errorBody: z.enum(['full', 'short']).default(d.errorBody),
    paymentNumberInExtend: z.boolean().default(d.paymentNumberInExtend),
    dealTypes: z.record(z.string().max(4), z.enum(['sign', 'cancel', 'change'])).default(d.dealTypes),
    // A refusal must never be made to look like a booking, nor a booking like a refusal.
    resultCodes: z
      .record(resultCode, resultCode)
      .refine((map) => !Object.entries(map).flat().includes('9999'), 'must not map to or from 9999')
      .default(d.resultCodes),
  })
  .prefault({});

const r = defaultRules;
const days = z.union([z.int().min(0), z.literal('any')]);
/** Money rules of a clearing unit (spec money.md). */
const unitRules = z
  .strictObject({
    lateFee: z
      .strictObject({
        dailyRate: decimal.default(r.lateFee.dailyRate),
        countStartDay: z.boolean().default(r.lateFee.countStartDay),
        countPayDay: z.boolean().default(r.lateFee.countPayDay),
        graceDays: z.int().min(0).max(366).default(r.lateFee.graceDays),
        skipHolidays: z.boolean().default(r.lateFee.skipHolidays),
        capShare: decimal.default(r.lateFee.capShare),
        rounding: z.enum(['half-up', 'down', 'up']).default(r.lateFee.rounding),
      })
      .prefault({}),
    holidays: z
      .array(day)
      .default([])
      .transform((all) => new Set(all)),
    amountMin: fen.default(r.amountMin),
    amountMax: fen.default(r.amountMax),
    serviceHours: hours.default(r.serviceHours),
    acceptanceDays: days.default(r.acceptanceDays ?? 'any'),
    refundDays: days.default(r.refundDays ?? 'any'),
    refundMayOverdraw: z.boolean().default(r.refundMayOverdraw),
    settleFromPrepaid: z.boolean().default(r.settleFromPrepaid),
  })
  .prefault({})
  .transform(({ acceptanceDays, refundDays, ...rest }) => ({
    ...rest,
    acceptanceDays: acceptanceDays === 'any' ? undefined : acceptanceDays,
    refundDays: refundDays === 'any' ? undefined : refundDays,
  }));

const unit = z
  .strictObject({
    unit: z.string().regex(/^[A-Za-z0-9_.-]{1,16}$/, 'expected 1 to 16 letters, digits or _ . -'),
    name: z.string().min(1).max(64),
    shortName: z.string().min(1).max(32),
    state: z.enum(['open', 'suspended']).default('open'),
    maskPersonal: z.boolean().default(true),
    dialect: unitDialect,
    rules: unitRules,
  })
  .transform(({ unit: id, ...rest }): Unit => ({ id, ...rest }));

/** The clearing units (清算单位) that this gateway serves. */
export const units = z
  .array(unit)
  .min(1)
  .refine((all) => new Set(all.map((one) => one.id)).size === all.length, 'a unit stands here twice');
