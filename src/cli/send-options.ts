/* Values of the options of `sluice send`. */
import { type Command, InvalidArgumentError } from 'commander';
import { OperatorError } from '../errors.js';
import {
  type Day,
  type Fen,
  fenOf,
  type Month,
  parseDay,
  parseMonth,
  parseSerial,
  type Serial,
} from '../protocol/index.js';

/** A bill named on the command line. */
export interface BillOption {
  readonly bill: string;
  readonly month: Month | undefined;
}

export function withBooking(command: Command, required = false): Command {
  const text = `platform's serial${required ? '' : ' (default: a fresh one of 28 digits)'}`;
  const added = required
    ? command.requiredOption('--serial <serial>', text, serialOf)
    : command.option('--serial <serial>', text, serialOf);
  return added.option('--date <yyyyMMdd>', 'booking day (default: today in China)', dayOf);
}
export const withPeriod = (command: Command, form: string): Command =>
  command
    .requiredOption('--customer <number>', 'customer number')
    .option(`--from <${form}>`, 'first')
    .option(`--to <${form}>`, 'last');

export function need<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new OperatorError('option-missing', `--${name} is missing`, 'See --help.');
  return value;
}
export function serialOf(text: string): Serial {
  const serial = parseSerial(text);
  if (serial === undefined) throw new InvalidArgumentError('10 to 32 visible characters without | $ #');
  return serial;
}
function dayOf(text: string): Day {
  const day = parseDay(text);
  if (day === undefined) throw new InvalidArgumentError('expected a day that exists, yyyyMMdd');
  return day;
}
export const dayOrNone = (text: string | undefined): Day | undefined =>
  text === undefined ? undefined : dayOf(text);
export function monthOf(text: string | undefined): Month | undefined {
  if (text === undefined) return undefined;
  const month = parseMonth(text);
  if (month === undefined)
    throw new OperatorError('month-invalid', `${text} is no month`, 'Months are yyyyMM.');
  return month;
}
export function amountOf(text: string): Fen {
  const [, whole = '', cents] = /^(\d{1,12})(?:\.(\d\d))?$/.exec(text) ?? [];
  if (whole === '')
    throw new InvalidArgumentError('fen as a whole number (8721), or yuan with two decimals (87.21)');
  return fenOf(BigInt(whole + (cents ?? '')));
}
export function billOf(text: string, before: BillOption[] = []): BillOption[] {
  const [bill = '', month] = text.split(':');
  const known = month === undefined ? undefined : parseMonth(month);
  if (month !== undefined && known === undefined) throw new InvalidArgumentError('expected ID or ID:yyyyMM');
  return [...before, { bill, month: known }];
}
export function jsonOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new OperatorError(
    'body-invalid',
    '--body is no JSON object',
    `For instance --body '{"acctOrgNo":"36745"}'`,
  );
}
