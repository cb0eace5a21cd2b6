/** Deduction results (REDK) as a platform makes them of a request. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AcceptedFile } from '../../../src/exchange/index.js';
import { defaultFileSettings } from '../../../src/protocol/index.js';
import { fen, freshSerial, noon, today } from '../../revenue/world.js';
import type { DeductionWorld } from './world.js';

interface Answer {
  readonly flag?: string;
  readonly debited?: string;
  readonly serial?: string;
  readonly day?: string;
}
/** What the platform makes of the request: the line again, and what came of it. */
export const lineOf = (
  request: string,
  { flag = '1', debited, serial = freshSerial(), day = today }: Answer = {},
) => `${request}${day}|${debited ?? request.split('|')[9]}|${flag}|${serial}||`;

/** A REDK of these lines with a summary that agrees. */
export function resultFile(d: DeductionWorld, lines: readonly string[], name = 'r.txt'): AcceptedFile {
  const columns = lines.map((line) => line.split('|'));
  const good = columns.filter((c) => c[13] === '1' && c[12] === c[9]);
  const sum = (rows: readonly (readonly string[])[]) => rows.reduce((all, c) => all + Number(c[9]), 0);
  const summary = `${lines.length}|${sum(columns)}|${good.length}|${sum(good)}|20240115|105||`;
  const text = [summary, ...lines].join('\r\n');
  const path = join(d.dir, name);
  writeFileSync(path, text);
  return {
    id: name,
    unit: d.unit,
    type: 'REDK',
    day: today,
    name,
    path,
    bytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    sums: { lines: lines.length, amount: fen(0), goodLines: undefined, goodAmount: undefined },
    settings: defaultFileSettings,
    storedAt: noon,
  };
}
