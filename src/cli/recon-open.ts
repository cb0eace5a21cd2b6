/* Opening reconciliation for one command, and what its commands share. */
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { openReconciliation } from '../app-reconciliation.js';
import { systemClock, systemIds } from '../clock.js';
import { OperatorError } from '../errors.js';
import { type IncomingFile, searchIncoming } from '../exchange/index.js';
import { busy, type ReconFile, type ReconParts, type RunOutcome } from '../exchange/reconciliation/index.js';
import { fileSettingsOf } from '../exchange/settings.js';
import { printable, silentLog } from '../log.js';
import { type Day, parseDay } from '../protocol/values.js';
import type { Unit } from '../revenue/unit.js';
import { type ExchangeCommand, withExchange } from './exchange-open.js';
import { withDir } from './options.js';
import { recordChange } from './record-change.js';
import { unitOf } from './units.js';

export interface ReconOptions {
  readonly dir?: string;
  readonly unit: string;
  readonly json?: boolean;
}
export interface ReconCommand extends ExchangeCommand {
  readonly parts: ReconParts;
  readonly unit: Unit;
  /** Aborts on Ctrl-C: what runs then ends at its next step, and the next call goes on. */
  readonly signal: AbortSignal;
  /** Into the audit log. */
  record(action: string, target: string, after: unknown): Promise<void>;
}

export const common = (command: Command): Command =>
  withDir(command)
    .requiredOption('--unit <unit>', 'clearing unit 清算单位')
    .option('--json', 'print as JSON, amounts in fen');
export const withOperator = (command: Command): Command =>
  command.option('--operator <name>', 'who decides, for the record (default: the user of this terminal)');

/** @throws {OperatorError} `recon-not-here` when the utility's schema does not give the bookings of a day */
export async function withRecon<T>(
  options: ReconOptions,
  work: (on: ReconCommand) => Promise<T>,
): Promise<T> {
  return withExchange(options.dir, async (on) => {
    const { config, database } = on;
    const unit = unitOf({ config }, options.unit);
    const reconciliation = openReconciliation({
      config,
      database,
      clock: systemClock,
      ids: systemIds,
      log: silentLog,
    });
    if (reconciliation === undefined)
      throw new OperatorError(
        'recon-not-here',
        'the revenue schema does not say which bookings a day has',
        'Configure revenue.operations.bookingsOfDay (docs/integration.md).',
      );
    const stop = new AbortController();
    const abort = () =>
      stop.abort(new OperatorError('stopped', 'stopped', 'Call it again: it goes on where it was.'));
    process.once('SIGINT', abort);
    const progress = progressBar();
    try {
      const parts = { ...(await reconciliation.parts()), ...(progress && { progress: progress.show }) };
      const record = (action: string, target: string, after: unknown) =>
        recordChange(config.dir, { action, target: `${unit.id} ${target}`, after }, { database });
      return await work({ ...on, parts, unit, signal: stop.signal, record });
    } finally {
      process.off('SIGINT', abort);
      progress?.stop();
      await reconciliation.close();
    }
  });
}

/** Repairs on a terminal; nothing where nobody looks, or for a handful. */
function progressBar() {
  if (process.stderr.isTTY !== true) return undefined;
  const format = '修复 {bar} {value}/{total}';
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true, stream: process.stderr });
  return {
    show(done: number, of: number) {
      if (done === 1 && of >= SHOWN_FROM) bar.start(of, 0);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
const SHOWN_FROM = 100;

/** The day of an argument. */
export function dayOf(text: string): Day {
  const day = parseDay(text);
  if (day !== undefined) return day;
  throw new OperatorError(
    'argument-invalid',
    `${printable(text)} is no day`,
    'Write it as yyyyMMdd, e.g. 20240404.',
  );
}

/** The unit's DSDZ files of the day, newest first. */
export async function filesOfDay(
  { database }: Pick<ExchangeCommand, 'database'>,
  unit: Pick<Unit, 'id'>,
  day: Day,
): Promise<readonly IncomingFile[]> {
  const all = await searchIncoming(database, { unit: unit.id, type: 'DSDZ', rowsMax: 10_000 });
  return all.filter((file) => file.day === day);
}
export const reconFileOf = (
  { config }: ExchangeCommand,
  unit: Unit,
  file: IncomingFile,
  path: string,
): ReconFile => ({
  unit,
  day: file.day,
  name: file.name,
  path,
  sha256: file.sha256,
  settings: fileSettingsOf(config.exchange, unit.id, 'DSDZ'),
  storedAt: file.storedAt,
});
/** Files that were not taken: they say why nothing was reconciled, or what a corrected one corrected. */
export const refusedFiles = (files: readonly IncomingFile[]): readonly IncomingFile[] =>
  files.filter(({ state }) => state === 'refused' || state === 'quarantined');

/** There is nothing to work with; says what came and was not taken. */
export function noFile(unit: Unit, day: Day, files: readonly IncomingFile[] = []): OperatorError {
  const [newest] = refusedFiles(files);
  return newest === undefined
    ? new OperatorError(
        'recon-no-file',
        `there is no DSDZ file of ${day} for unit ${unit.id}`,
        `Ask the platform for it; take it in with 'sluice recon run ${day} --unit ${unit.id} --file FILE'.`,
      )
    : new OperatorError(
        'recon-no-file',
        `no DSDZ file of ${day} for unit ${unit.id} was taken; ${newest.name}: ${newest.detail}`,
        'Ask the platform for a corrected one.',
      );
}

/** @throws {OperatorError} when the day could not be worked on */
export function checkOutcome(outcome: RunOutcome | undefined, unit: Unit, day: Day): void {
  if (outcome?.kind === 'busy') throw busy(unit, day);
  if (outcome?.kind === 'refused')
    throw new OperatorError(
      'recon-refused',
      outcome.detail,
      "Nothing was changed. Look at the file: 'sluice inspect FILE'.",
    );
}
