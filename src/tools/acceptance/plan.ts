/** What an acceptance works on: the test customers of one clearing unit, each made for a result code (acceptance.yaml). */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, OperatorError } from '../../errors.js';

const number = z.string().min(1).max(20);
const planFile = z.strictObject({
  unit: z.string().min(1).max(16).describe('clearing unit 清算单位; amounts in fen'),
  customer: number.describe('owes something; what is paid for it is refunded'),
  unknown: number.default('99999999999').describe('does not exist: 1002'),
  foreignUnit: z.string().min(1).max(16).default('88888888').describe('not of this peer: 0001'),
  customers: z
    .strictObject({
      '1003': number.optional().describe('owes nothing'),
      '1005': number.optional().describe('may not be paid here'),
      '1006': number.optional().describe('its bill is out for deduction'),
      '2005': number.optional().describe('closed'),
    })
    .prefault({}),
  acceptanceDays: z.int().min(1).optional().describe('older bookings are answered 2003'),
  amountMax: z.int().min(1).optional().describe('fen; more is answered 2004'),
  silentSeconds: z
    .int()
    .min(1)
    .max(120)
    .default(15)
    .describe('a connection without a whole request is closed'),
  handshakeSeconds: z.int().min(1).max(120).default(5).describe('a connection without a handshake is closed'),
});
export type AcceptancePlan = z.output<typeof planFile>;

/** @throws {OperatorError} `acceptance-plan-invalid` */
export function readAcceptancePlan(file: string, more: Readonly<Record<string, unknown>>): AcceptancePlan {
  let raw: unknown;
  try {
    raw = file === '' ? {} : parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid(file, messageOf(error), error);
  }
  const checked = planFile.safeParse({ ...(raw as object | null), ...more });
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw invalid(
    file || 'the options',
    `${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
    checked.error,
  );
}
const invalid = (file: string, fault: string, cause: unknown) =>
  new OperatorError(
    'acceptance-plan-invalid',
    `${file}: ${fault}`,
    'Name --unit and --customer, or a file with --plan (docs/testing-tools.md).',
    { cause },
  );
