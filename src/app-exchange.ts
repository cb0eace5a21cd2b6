/* How the exchange is put together, for the gateway and for the commands. */
import { resolve } from 'node:path';
import type { Alarms } from './alarm.js';
import { openDeduction } from './app-deduction.js';
import { type AppReconciliation, openReconciliation } from './app-reconciliation.js';
import type { Clock, Ids } from './clock.js';
import type { LoadedConfig } from './config/index.js';
import { type Database, openDatabase } from './database/index.js';
import {
  builtinSource,
  deductionRequests,
  deductionResults,
  type Exchange,
  existingSource,
  metersOf,
  openExchange,
  openRemotePlace,
  type Processor,
  reconciliationFiles,
  revenueProducers,
  startDeductionService,
} from './exchange/index.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { type DeductionBooks, type ExistingRevenue, missingForDeduction } from './revenue/index.js';
import { openExisting } from './revenue-opening.js';
import { callPlatform, loadTrust } from './server/index.js';

export interface AppExchangeParts {
  readonly config: LoadedConfig;
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Whether files are processed here; where not, they are only taken in, and another process goes on with them. */
  readonly processes: boolean;
  /** Left out: nobody is told (commands). */
  readonly alarms?: Alarms;
  /** Told how far the booking of a deduction result is (commands on a terminal). */
  readonly progress?: (lines: number, of: number) => void;
}
/** One statement of a set-sized file; those of requests have seconds. */
const PATIENT_STATEMENT_MS = 3_600_000;

export interface AppExchange extends Exchange {
  /** Opened at the first call. @throws {OperatorError} `deduct-not-here` where the utility's schema lacks statements for it */
  deduction(): Promise<DeductionBooks>;
}

/** Opens nothing but what it uses; `stop` closes it. */
export function openAppExchange(parts: AppExchangeParts): AppExchange {
  const { config, database, clock, ids, log, metrics } = parts;
  let patient: Promise<Database> | undefined;
  const openPatient = (): Promise<Database> => {
    patient ??= openDatabase(
      {
        ...config.database,
        statementTimeoutMs: PATIENT_STATEMENT_MS,
        pool: { ...config.database.pool, min: 0, max: 4 },
      },
      { dir: config.dir, clock, log },
    );
    return patient;
  };
  const { revenue } = config;
  const closers: (() => Promise<void> | void)[] = [];
  let theirs: Promise<ExistingRevenue> | undefined;
  const openTheirs = async (): Promise<ExistingRevenue['files']> => {
    if (revenue.kind === 'builtin') throw new Error('there is no other schema');
    const { database: given } = revenue;
    const patientPool = { ...given.pool, min: 0, max: 4 };
    const settings = { ...given, statementTimeoutMs: PATIENT_STATEMENT_MS, pool: patientPool };
    theirs ??= openExisting({ ...parts, closers }, { ...revenue, database: settings }).catch((error) => {
      // Not there now: asked again with the next file.
      theirs = undefined;
      throw error;
    });
    return (await theirs).files;
  };
  const reconciliation = openReconciliation(parts);
  const deduction = openDeduction({ ...parts, closers }, openPatient);
  const exchange = openExchange({
    settings: config.exchange,
    units: config.units,
    root: resolve(config.dir, config.sftp.root),
    database,
    processors: parts.processes ? processors(parts, reconciliation, deduction) : [],
    producers: [
      ...revenueProducers(
        revenue.kind === 'builtin' ? builtinSource(openPatient) : existingSource(openTheirs),
        config.exchange,
      ),
      deductionRequests(openPatient),
    ],
    // Read each time: notices are rare, and certificates change while we run.
    call: async (call, signal) => callPlatform(call, await loadTrust(config.dir, clock, true), clock, signal),
    openRemote: (unit, settings) => openRemotePlace(unit, settings, { dir: config.dir, clock, log }),
    clock,
    ids,
    log,
    meters: metersOf(metrics, clock),
    alarms: parts.alarms,
  });
  let service: { stop(): Promise<void> } | undefined;
  return {
    ...exchange,
    deduction,
    start() {
      exchange.start();
      if (!config.exchange.schedules || !hasDeduction(config)) return;
      const { outbox, dispatch } = exchange;
      const { exchange: settings, units } = config;
      const books = { database, clock, ids };
      service ??= startDeductionService({
        ...{ books, openDeduction: deduction, settings, units, outbox, dispatch, log },
        alarms: parts.alarms,
      });
    },
    async stop() {
      await service?.stop();
      await exchange.stop();
      await reconciliation?.close();
      await (await patient)?.close();
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** False: the utility's schema lacks statements for it; results wait. */
const hasDeduction = ({ revenue }: LoadedConfig): boolean =>
  revenue.kind === 'builtin' || missingForDeduction(revenue).length === 0;

/** One for each type that comes in. A file without its processor is kept and waits for it. */
function processors(
  { config, progress }: AppExchangeParts,
  reconciliation: AppReconciliation | undefined,
  deduction: AppExchange['deduction'],
): readonly Processor[] {
  return [
    ...(hasDeduction(config) ? [deductionResults(deduction, config.exchange, progress)] : []),
    ...(reconciliation === undefined ? [] : [reconciliationFiles(() => reconciliation.parts())]),
  ];
}
