/* `sluice recon run|rerun`. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';
import { digestOfFile } from '../exchange/digest.js';
import type { IncomingFile } from '../exchange/index.js';
import {
  continueDay,
  dryRun,
  orderRun,
  reconcileFile,
  runsOfDay,
  standingRun,
  summaryOf,
} from '../exchange/reconciliation/index.js';
import { fileSettingsOf } from '../exchange/settings.js';
import type { Day } from '../protocol/values.js';
import { withExample } from './options.js';
import {
  checkOutcome,
  common,
  dayOf,
  filesOfDay,
  noFile,
  type ReconCommand,
  type ReconOptions,
  reconFileOf,
  withOperator,
  withRecon,
} from './recon-open.js';
import { printDay, printDryRun } from './recon-print.js';
import { actorName } from './record-change.js';

interface RunOptions extends ReconOptions {
  readonly file?: string;
  readonly dryRun?: boolean;
  readonly operator?: string;
}
interface RerunOptions extends RunOptions {
  readonly reason?: string;
}

export function reconRunCommands(recon: Command): void {
  withExample(
    withOperator(
      common(recon.command('run <day>').description("reconcile a day with the platform's file 对账")),
    )
      .option('--file <path>', 'take this DSDZ file in first')
      .option('--dry-run', 'show what would happen, change nothing'),
    'sluice recon run 20240404 --unit 39536 --dry-run',
    'sluice recon run 20240404 --unit 39536 --file SDDL_DSDZ_39536_20240404.txt',
  ).action((day: string, options: RunOptions) => withRecon(options, (on) => run(on, dayOf(day), options)));
  withExample(
    withOperator(
      common(
        recon
          .command('rerun <day>')
          .description('by order: with a corrected file, on a closed day, or with the same file once more'),
      ),
    )
      .option(
        '--file <file>',
        'path, name or id of the file (default: the newest that was refused, else the same again)',
      )
      .option('--reason <text>', 'why, for the record')
      .option('--dry-run', 'show what would happen, change nothing'),
    'sluice recon rerun 20240404 --unit 39536 --reason "corrected file of 10:12"',
  ).action((day: string, options: RerunOptions) =>
    withRecon(options, (on) => rerun(on, dayOf(day), options)),
  );
}

/** A file that is ours already, or one that lies somewhere. */
type Chosen =
  | { readonly kind: 'known'; readonly file: IncomingFile }
  | { readonly kind: 'path'; readonly path: string };

async function run(on: ReconCommand, day: Day, options: RunOptions): Promise<void> {
  const { exchange, unit, parts, signal, record } = on;
  const by = options.operator ?? actorName();
  if (options.dryRun === true) return foresee(on, day, await choose(on, day, options.file), options);
  if (options.file === undefined) {
    const [newest] = await filesOfDay(on, unit, day);
    if (newest === undefined) throw noFile(unit, day);
    // What waits for its turn is done; what a crash left is gone on with.
    await exchange.work();
    checkOutcome(await continueDay(parts, unit, day, { kind: 'go-on' }, signal), unit, day);
  } else {
    await takeIn(on, day, options.file, by);
  }
  await record('recon run', day, { operator: by, file: options.file ?? null });
  await print(on, day, options);
}

async function rerun(on: ReconCommand, day: Day, options: RerunOptions): Promise<void> {
  const { database, exchange, unit, parts, signal, record } = on;
  const chosen = await choose(on, day, options.file, true);
  if (options.dryRun === true) return foresee(on, day, chosen, options);
  if (options.reason === undefined || options.reason.trim() === '')
    throw new OperatorError(
      'argument-missing',
      'a day is run again for a reason only',
      'Give it with --reason TEXT.',
    );
  const order = { by: options.operator ?? actorName(), reason: options.reason };
  const sha256 = chosen.kind === 'known' ? chosen.file.sha256 : await digestOfFile(chosen.path);
  await orderRun(database, { unit: unit.id, day, sha256 }, order, systemClock.now());
  await record('recon rerun', day, { ...order, sha256 });
  const file = chosen.kind === 'known' ? chosen.file : await takeIn(on, day, chosen.path, order.by, true);
  if (file.state === 'refused' || file.state === 'quarantined') {
    checkFile(await exchange.release(file, order.by), day);
  } else if (chosen.kind === 'known') {
    const again = reconFileOf(on, unit, file, pathOf(on, file));
    checkOutcome(await reconcileFile(parts, again, signal, order), unit, day);
  }
  await print(on, day, options);
}

const pathOf = ({ config }: ReconCommand, file: IncomingFile): string =>
  join(resolve(config.dir, config.sftp.root), file.storedPath);

/** Takes a file in, which also processes it. @param aside one that is put aside as the second of its name is no fault */
async function takeIn(
  { exchange, unit }: ReconCommand,
  day: Day,
  path: string,
  orderedBy: string,
  aside = false,
): Promise<IncomingFile> {
  const { file } = await exchange.importFile({ path: resolve(path), unit: unit.id, orderedBy });
  if (!aside) checkFile(file, day);
  return file;
}

/** The file that a command means: named, or the one that makes sense. */
async function choose(on: ReconCommand, day: Day, named: string | undefined, again = false): Promise<Chosen> {
  const { database, unit } = on;
  const all = await filesOfDay(on, unit, day);
  const known = all.find(({ id, name }) => id === named || name === named);
  if (named !== undefined && known === undefined) {
    if (existsSync(named)) return { kind: 'path', path: resolve(named) };
    throw noFile(unit, day);
  }
  const before = standingRun(await runsOfDay(database, unit.id, day));
  const aside = all.find(
    ({ state, sha256 }) => (state === 'refused' || state === 'quarantined') && sha256 !== before?.sha256,
  );
  const file =
    known ?? (again ? aside : undefined) ?? all.find(({ sha256 }) => sha256 === before?.sha256) ?? all[0];
  if (file === undefined) throw noFile(unit, day);
  return { kind: 'known', file };
}

async function foresee(on: ReconCommand, day: Day, chosen: Chosen, options: RunOptions): Promise<void> {
  const { parts, unit, signal, config } = on;
  const file =
    chosen.kind === 'known'
      ? reconFileOf(on, unit, chosen.file, pathOf(on, chosen.file))
      : {
          unit,
          day,
          name: basename(chosen.path),
          path: chosen.path,
          sha256: '',
          settings: fileSettingsOf(config.exchange, unit.id, 'DSDZ'),
          storedAt: systemClock.now(),
        };
  const foreseen = await dryRun(parts, file, signal);
  if (foreseen.kind === 'refused') return checkOutcome(foreseen, unit, day);
  printDryRun(foreseen, { unit: unit.id, day }, options.json === true);
}

/** @throws {OperatorError} when the file was not taken */
function checkFile(file: IncomingFile, day: Day): void {
  if (file.day !== day)
    throw new OperatorError(
      'recon-other-day',
      `${file.name} is of ${file.day}`,
      'Name the day that its name says.',
    );
  if (file.state === 'processed') return;
  throw new OperatorError(
    'recon-refused',
    `${file.name} is ${file.state}: ${file.detail}`,
    "Nothing of it was booked. See 'sluice exchange show NAME'; a corrected file needs 'sluice recon rerun'.",
  );
}

async function print(on: ReconCommand, day: Day, options: ReconOptions): Promise<void> {
  const summary = await summaryOf(on.database, on.unit.id, day);
  if (summary === undefined) throw noFile(on.unit, day);
  await printDay(on.database, summary, { json: options.json === true }, systemClock.now());
}
