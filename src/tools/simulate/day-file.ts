/** The DSDZ file of a simulated day: the platform's books, with the scenario's differences in it. */
import { type Day, exchangeFiles, type FileSettings, fenOf, type Serial } from '../../protocol/index.js';
import { seededChance, seededIds } from '../chance.js';
import { freshSerial } from '../platform/request.js';
import { type FileText, fileText } from './file-text.js';
import type { Charge } from './platform.js';
import type { Scenario } from './scenario.js';

export interface DayFile extends FileText {
  readonly day: Day;
  /** What was done to it, for the report. */
  readonly injected: readonly string[];
  readonly platformOnly: readonly Serial[];
}
export interface DayFileParts {
  readonly charges: readonly Charge[];
  readonly day: Day;
  readonly scenario: Scenario;
  /** Who pays what never reached the utility. */
  readonly customers: readonly [string, ...string[]];
  readonly settings: FileSettings;
}
const PLATFORM_ONLY_FEN = 1234n;

export async function dayFile(parts: DayFileParts): Promise<DayFile> {
  const { day, customers, settings } = parts;
  const { files, seed } = parts.scenario;
  const ids = seededIds(seededChance(seed ^ Number(day)));
  const injected: string[] = [];
  const platformOnly: Serial[] = [];
  const lines: { serial: Serial; customer: string; amount: bigint }[] = [];
  const booked = parts.charges.filter((charge) => charge.day === day && charge.state === 'booked');
  for (const [i, charge] of booked.entries()) {
    if (i < files.missing) {
      injected.push(`ours only: ${charge.serial}`);
    } else if (i < files.missing + files.differing) {
      injected.push(`amount differs: ${charge.serial}`);
      lines.push({ ...charge, amount: charge.amount + 1n });
    } else {
      lines.push(charge);
    }
  }
  for (let i = 0; i < files.platformOnly; i++) {
    const serial = freshSerial(day, ids);
    platformOnly.push(serial);
    injected.push(`platform only: ${serial}`);
    lines.push({
      serial,
      customer: customers[i % customers.length] ?? customers[0],
      amount: PLATFORM_ONLY_FEN,
    });
  }
  const total = fenOf(lines.reduce((sum, { amount }) => sum + amount, 0n));
  const details = lines.map(({ serial, customer, amount }) => ({
    serial,
    customer,
    amount: fenOf(amount),
    bookingDay: day,
    rowCount: 1,
    rows: [{ customer, bill: '', month: undefined }],
  }));
  const summary = { total, lineCount: lines.length };
  return { day, injected, platformOnly, ...(await fileText(exchangeFiles.DSDZ, summary, details, settings)) };
}
