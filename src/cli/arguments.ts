/* Reading the values of options. */
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';

const SPANS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `30m`, `12h`, `14d`. */
export function spanOf(option: string, text: string): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && (unit === 'm' || unit === 'h' || unit === 'd'))
    return Number(count) * SPANS[unit];
  throw new OperatorError(
    'option-invalid',
    `${option} ${printable(text)} is no span of time`,
    'Give for instance 30m, 12h or 14d.',
  );
}

/** A whole number within bounds. */
export function wholeOf(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw new OperatorError(
    'option-invalid',
    `${option} ${printable(text)} is not allowed`,
    `Give a whole number from ${min} to ${max}.`,
  );
}

/** One of a closed set. */
export function oneOf<const T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  if (found !== undefined) return found;
  throw new OperatorError(
    'option-invalid',
    `${option} ${printable(text)} is not allowed`,
    `Allowed are ${allowed.join(', ')}.`,
  );
}

/** `a,b , c` as a list without empty members. */
export const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
