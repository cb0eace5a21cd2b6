/** The files of a simulated day: what the utility published is fetched and read, REDK answers its DKKK, DSDZ carries the platform's books. */
import { addDays } from '../../clock.js';
import { OperatorError } from '../../errors.js';
import {
  type Day,
  type ExchangeFile,
  exchangeFiles,
  type FileSettings,
  type FileType,
  readExchangeFile,
  readFileName,
  type UnitDialect,
  writeFileName,
} from '../../protocol/index.js';
import { askingOf } from '../platform/asking.js';
import type { PlatformFiles } from '../platform/files.js';
import { type DayFile, dayFile } from './day-file.js';
import { type DebitFile, debitFile } from './debit-file.js';
import { type Delivery, deliver } from './deliver.js';
import type { Charge } from './platform.js';
import type { Scenario } from './scenario.js';
import type { Talk } from './talk.js';

export interface FilePlayParts {
  readonly files: PlatformFiles;
  readonly talk: Talk;
  readonly scenario: Scenario;
  readonly unit: string;
  readonly dialect: UnitDialect;
  readonly settingsOf: (type: FileType) => FileSettings;
  readonly customers: readonly [string, ...string[]];
}
export interface FilePlay {
  readonly deliveries: readonly Delivery[];
  /** What was fetched, in words. */
  readonly fetched: readonly string[];
  readonly broken: readonly string[];
  readonly debited: DebitFile['debited'];
}
/** A DSDZ with its name. */
export type NamedDayFile = DayFile & { readonly name: string };

export interface DayFileNames {
  readonly organisation: string;
  readonly pattern: string;
  readonly unit: string;
}
/** One DSDZ for each day of which the platform has payments, the played day always; the oldest first. */
export async function dayFiles(
  parts: Pick<FilePlayParts, 'scenario' | 'customers' | 'settingsOf'>,
  charges: readonly Charge[],
  day: Day,
  { organisation, pattern, unit }: DayFileNames,
): Promise<readonly NamedDayFile[]> {
  const before = addDays(day, -1);
  const days = charges.some((charge) => charge.day === before) ? [before, day] : [day];
  const settings = parts.settingsOf('DSDZ');
  return Promise.all(
    days.map(async (one) => ({
      ...(await dayFile({ ...parts, charges, day: one, settings })),
      name: writeFileName(pattern, { type: 'DSDZ', day: one, org: organisation, unit, area: undefined }),
    })),
  );
}

/** @throws {OperatorError} `deduction-request-missing` */
export async function playFiles(
  parts: FilePlayParts,
  own: readonly NamedDayFile[],
  today: Day,
): Promise<FilePlay> {
  const { files, talk, scenario, unit, dialect } = parts;
  const delivery = {
    files,
    asking: askingOf(unit, dialect),
    dialect,
    trouble: scenario.files,
    ask: (what: string, asked: Parameters<Talk['ask']>[1]) =>
      talk.ask(what, asked, { second: scenario.rotation }),
  };
  const deliveries: Delivery[] = [];
  const fetched: string[] = [];
  const broken: string[] = [];
  let debited: FilePlay['debited'] = [];
  if (scenario.files.fetch) await fetchAll(parts, fetched, broken);
  if (scenario.files.redk) {
    const answer = await answerDeduction(parts, today);
    if (typeof answer === 'string') broken.push(answer);
    else {
      fetched.push(answer.request);
      debited = answer.debited;
      deliveries.push(await deliver(delivery, 'REDK', answer.name, answer.content));
    }
  }
  for (const { name, content } of own) deliveries.push(await deliver(delivery, 'DSDZ', name, content));
  return { deliveries, fetched, debited, broken: [...broken, ...deliveries.flatMap((one) => one.broken)] };
}

const isUnit = (unit: string) => (token: string) => token === unit;

async function fetchAll({ files, unit, settingsOf }: FilePlayParts, fetched: string[], broken: string[]) {
  for (const name of await files.list()) {
    const read = readFileName(name, '', isUnit(unit));
    if (!read.ok) {
      broken.push(`${name} in download/ is no name of an exchange file: ${read.detail}`);
      continue;
    }
    const { type } = read.name;
    const content = await files.get(name);
    // Which declaration it is, the name decides; what the lines say is not looked at.
    const file = exchangeFiles[type] as unknown as ExchangeFile;
    const verdict = await readExchangeFile(
      file,
      () => [content],
      settingsOf(type),
      () => {},
    );
    fetched.push(`${name}: ${type}, ${verdict.lines} lines`);
    if (!verdict.ok)
      broken.push(`${name}: ${verdict.faultCount} faults, first ${verdict.faults[0]?.detail ?? ''}`);
  }
}

/** The newest request that lies in download/, answered. */
async function answerDeduction({ files, unit, scenario, settingsOf }: FilePlayParts, day: Day) {
  const names = (await files.list()).filter((name) => {
    const read = readFileName(name, '', isUnit(unit));
    return read.ok && read.name.type === 'DKKK' && (read.name.unit ?? unit) === unit;
  });
  const name = names.at(-1);
  if (name === undefined) {
    throw new OperatorError(
      'deduction-request-missing',
      `no DKKK of unit ${unit} lies in download/`,
      `Let the utility publish one first: 'sluice deduct run --unit ${unit}'.`,
    );
  }
  const content = await files.get(name);
  const { failing } = scenario.files;
  // Flags that say success belong to the result, amounts and charset to the request: one unit has one way.
  const settings = { ...settingsOf('DKKK'), successFlags: settingsOf('REDK').successFlags };
  const made = await debitFile({ name, content, settings, day, seed: scenario.seed, failing });
  if (typeof made === 'string') return made;
  return { ...made, request: `${name}: DKKK, ${made.lines} lines, ${made.debited.length} debited` };
}
