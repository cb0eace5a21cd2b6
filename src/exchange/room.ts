/** The exchange, wired together: what app.ts starts and what the commands use. */
import { hostname } from 'node:os';
import type { Clock, Ids } from '../clock.js';
import type { Database } from '../database/index.js';
import type { FileArrival } from '../handlers/index.js';
import type { Log } from '../log.js';
import type { Unit } from '../revenue/unit.js';
import { Arrivals } from './arrival/arrivals.js';
import { type ImportOrder, importFile } from './arrival/import.js';
import type { IncomingFile } from './arrival/incoming-file.js';
import { type Claim, IncomingTable } from './arrival/incoming-table.js';
import type { IntakeParts } from './arrival/intake.js';
import type { Processor } from './arrival/processor.js';
import { Spool } from './arrival/spool.js';
import { Stability } from './arrival/stability.js';
import { startWatcher } from './arrival/watcher.js';
import { Worker } from './arrival/worker.js';
import type { Meters } from './meters.js';
import type { ExchangePlace } from './place.js';
import { Places } from './places.js';
import type { ExchangeSettings, RemotePlaceSettings } from './settings.js';
import { Steps } from './steps.js';

export interface ExchangeParts {
  readonly settings: ExchangeSettings;
  readonly units: readonly Unit[];
  /** Absolute path: the root of the SFTP accounts' trees. */
  readonly root: string;
  readonly database: Database;
  readonly processors: readonly Processor[];
  readonly openRemote: (unit: Unit, settings: RemotePlaceSettings) => ExchangePlace;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly meters: Meters;
}

export interface Exchange {
  readonly arrival: FileArrival;
  readonly incoming: IncomingTable;
  readonly steps: Steps;
  /** Begins to watch and to work. Without it only what is called is done (commands). */
  start(): void;
  /** One whole look through all places, and the work that is due; an SFTP upload that has just ended is a good moment. */
  look(): Promise<void>;
  /** The work that is due, until it is done. */
  work(): Promise<void>;
  /** Takes a file in by hand, and works on it as far as it goes. */
  importFile(
    order: ImportOrder,
  ): Promise<{ readonly file: IncomingFile; readonly kind: 'new' | 'known' | 'conflict' }>;
  stop(): Promise<void>;
}

export function openExchange(parts: ExchangeParts): Exchange {
  const { settings, database, root, clock, ids, log, meters } = parts;
  const { limits } = settings;
  // A file's claim says which node and which process has it; the rest makes each claim another.
  const node = `${hostname().slice(0, 40)}:${process.pid}`;
  const newClaim = (): Claim => ({ token: `${node} ${ids.digits(12)}`, until: clock.now() + limits.leaseMs });
  const units = new Map(parts.units.map((unit) => [unit.id, unit]));
  const stopper = new AbortController();
  const steps = new Steps({ database, clock, ids, node });
  const table = new IncomingTable(database);
  const spool = new Spool(root, clock, ids);
  const places = new Places({ settings, database, root, openRemote: parts.openRemote });
  const absolute = (relative: string) => spool.absolute(relative);
  const intake: IntakeParts = { spool, table, steps, clock, stableMs: limits.stableMs, newClaim };
  const common = {
    settings,
    units,
    table,
    steps,
    clock,
    log,
    meters,
    stopping: stopper.signal,
    newClaim,
    absolute,
  };
  const worker = new Worker({
    ...common,
    root,
    processors: new Map(parts.processors.map((one) => [one.type, one])),
    archiveOf: (file) => archiveOf(places, units.get(file.unit), file),
  });
  const arrivals = new Arrivals({
    ...common,
    places,
    intake,
    worker,
    limits,
    stability: new Stability(clock, limits.stableMs),
    isUnit: (id) => units.has(id),
  });
  let watcher: ReturnType<typeof startWatcher> | undefined;
  return {
    arrival: arrivals,
    incoming: table,
    steps,
    start() {
      if (settings.watch) watcher ??= startWatcher({ ...common, places, arrivals, intake, worker });
    },
    look: async () => watcher?.look(),
    async work() {
      await worker.idle();
      await worker.runDue();
      await worker.idle();
    },
    async importFile(order) {
      const taken = await importFile(intake, units, order);
      await arrivals.begin(taken);
      await worker.idle();
      return { file: (await table.find(taken.file.id)) ?? taken.file, kind: taken.kind };
    },
    async stop() {
      stopper.abort();
      await watcher?.stop();
      await worker.idle();
      await places.close();
    },
  };
}

/** The archive of the place that a file came from; of the unit's first place where that is gone, or it was dropped in by hand. */
async function archiveOf(places: Places, unit: Unit | undefined, file: IncomingFile): Promise<string> {
  if (unit === undefined) return `.archive/${file.unit}`;
  const all = await places.of(unit);
  return (all.find(({ incoming }) => incoming.name === file.place) ?? all[0]).archive;
}
