/* Customers named on the command line. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { messageOf, OperatorError } from '../errors.js';

const RANGE_MAX = 1_000_000;
/** Numbers with commas, `FIRST-LAST`, or `@FILE` with one a line. */
export function customersOf(text: string): [string, ...string[]] {
  const all = text.startsWith('@') ? fileLines(text.slice(1)) : text.split(',').flatMap(rangeOf);
  const [first, ...rest] = all;
  if (first === undefined) throw new InvalidArgumentError('no customer is named');
  return [first, ...rest];
}
function rangeOf(text: string): string[] {
  const [, from = '', to = ''] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  if (from === '') return text === '' ? [] : [text];
  const count = Number(to) - Number(from) + 1;
  if (count < 1 || count > RANGE_MAX) throw new InvalidArgumentError(`a range has 1 to ${RANGE_MAX} numbers`);
  return Array.from({ length: count }, (_, i) => String(Number(from) + i).padStart(from.length, '0'));
}
function fileLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split(/\s+/)
      .filter((line) => line !== '');
  } catch (error) {
    throw new OperatorError(
      'input-unreadable',
      `${file}: ${messageOf(error)}`,
      'One customer number a line.',
      { cause: error },
    );
  }
}
