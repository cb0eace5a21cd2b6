/** The `revenue` section of sluice.yaml: our own schema, or the utility's (docs/integration.md). */
import { z } from 'zod';
import { databaseSettings } from '../../database/index.js';
import { refusals } from '../revenue-system.js';

export const queryNames = [
  'findCustomers',
  'openBills',
  'paymentBySerial',
  'payments',
  'issuedBills',
  'bookingsOfDay',
  'paymentsOfDay',
  'billsOfDay',
] as const;
export const changeNames = [
  'pay',
  'refund',
  'supplement',
  'lockBill',
  'unlockBill',
  'unlockBatch',
  'debit',
] as const;
export const operationNames = [...queryNames, ...changeNames] as const;
export type OperationName = (typeof operationNames)[number];
export type QueryName = (typeof queryNames)[number];
export type ChangeName = (typeof changeNames)[number];

/** What a result code of theirs can mean. `done`: it is done now. `already`: it was done before. */
export const meanings = [
  'done',
  'already',
  ...refusals,
  'no-payment',
  'amount-differs',
  'window-over',
  'balance-used',
  'paid-later',
  'other-refund',
] as const;
export type Meaning = (typeof meanings)[number];

const names = z.record(z.string().regex(/^[a-z_]+$/), z.string().regex(/^[a-z_][a-z0-9_$#]*$/));
const call = z.string().min(1);
const sql = z.string().min(1).describe('gives the rows; binds by name, :customer');
const columns = names.default({}).describe('our column: their column (lower case); left out = the same name');
const codes = z
  .record(z.string(), z.enum(meanings))
  .default({})
  .describe('their result code: what it means here; added to revenue.codes');
const query = z.strictObject({
  call: call.optional().describe('run first, in the same transaction, where the sql reads its results'),
  sql,
  columns,
});
const change = z
  .strictObject({
    call: call
      .optional()
      .describe(
        'with sql: run first, in the same transaction; with outputs: the call itself, on Oracle a PL/SQL block',
      ),
    sql: sql.optional(),
    outputs: z
      .array(z.string().regex(/^[a-z_][a-z0-9_]*$/))
      .min(1)
      .optional()
      .describe('binds of the call that come back as its row. One that is also an input of ours is IN OUT'),
    columns,
    codes,
  })
  .refine(
    ({ call: called, sql: rows, outputs }) =>
      outputs === undefined ? rows !== undefined : rows === undefined && called !== undefined,
    'give sql, or call with outputs',
  );
/** By rows that `sql` gives, or by the outputs of a PL/SQL block. */
export type Operation = z.output<typeof query> | z.output<typeof change>;
export type Query = z.output<typeof query>;

const existing = z.strictObject({
  kind: z.literal('existing'),
  database: databaseSettings.describe('where their tables are; the journal stays in the database section'),
  commit: z
    .enum(['gateway', 'procedure'])
    .default('gateway')
    .describe('who commits: the gateway after the call, or the procedure itself'),
  formats: z
    .strictObject({
      amount: z.enum(['yuan', 'fen']).default('yuan'),
      decimals: z.int().min(0).max(6).default(2).describe('decimals of an amount in yuan that is bound'),
      belowFen: z
        .enum(['refuse', 'half-up', 'down'])
        .default('refuse')
        .describe('what becomes of a third decimal that is not 0 in an amount that is read'),
      month: z.enum(['yyyyMM', 'yyyy.MM', 'yyyy-MM']).default('yyyyMM'),
      day: z.enum(['yyyyMMdd', 'yyyy.MM.dd', 'yyyy-MM-dd']).default('yyyyMMdd'),
      yes: z.string().min(1).default('Y'),
      no: z.string().min(1).default('N'),
    })
    .prefault({}),
  serial: z
    .strictObject({
      as: z
        .enum(['whole', 'shortened', 'mapped'])
        .default('whole')
        .describe('shortened: yyyyMMdd00003001+12 digits without the 00003001; mapped: a number of ours'),
      length: z.int().min(20).max(40).default(32).describe('characters that their column holds'),
    })
    .prefault({}),
  states: z
    .record(z.string(), z.enum(['active', 'unpayable', 'closed']))
    .default({ active: 'active', unpayable: 'unpayable', closed: 'closed' })
    .describe('their state of a customer: ours'),
  feeKinds: z
    .record(z.string(), z.enum(['11', '12']))
    .default({ '11': '11', '12': '12' })
    .describe('their kind of fee: 11 water, 12 other'),
  codes: z.record(z.string(), z.enum(meanings)).default({}).describe('their result codes, all operations'),
  resolveSeconds: z.int().min(1).max(3600).default(15).describe('how often calls in doubt are looked into'),
  operations: z.strictObject({
    findCustomers: query,
    openBills: query,
    paymentBySerial: query,
    payments: query,
    issuedBills: query,
    bookingsOfDay: query.optional(),
    paymentsOfDay: query.optional(),
    billsOfDay: query.optional(),
    pay: change,
    refund: change,
    supplement: change,
    lockBill: change.optional(),
    unlockBill: change.optional(),
    unlockBatch: change.optional(),
    debit: change.optional(),
  }),
});
export type ExistingSettings = z.output<typeof existing>;

const deductionNames = ['lockBill', 'unlockBill', 'unlockBatch', 'debit'] as const;
/** The statements that batch deduction needs and the configuration does not have. */
export const missingForDeduction = ({ operations }: ExistingSettings): readonly string[] =>
  deductionNames.filter((name) => operations[name] === undefined);

const fits = (settings: { kind: string; serial?: { as: string; length: number } }): boolean =>
  settings.serial?.as !== 'whole' || settings.serial.length >= 32;

/** The whole section. */
export const revenueSettings = z
  .discriminatedUnion('kind', [z.strictObject({ kind: z.literal('builtin') }), existing])
  .refine(fits, 'serial.as whole needs serial.length 32; a shorter column needs shortened or mapped')
  .prefault({ kind: 'builtin' });
