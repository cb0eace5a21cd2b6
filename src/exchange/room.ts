/** The exchange, wired together: what app.ts starts and what the commands use. */
import { hostname } from 'node:os';
import type { Alarms } from '../alarm.js';
import type { Clock, Ids } from '../clock.js';
import type { Database } from '../database/index.js';
import { messageOf } from '../errors.js';
import type { FileArrival } from '../handlers/index.js';
import type { Log } from '../log.js';
import type { Unit } from '../revenue/unit.js';
import { Arrivals } from './arrival/arrivals.js';
import { type ImportOrder, importFile } from './arrival/import.js';
import type { IncomingFile } from './arrival/incoming-file.js';
import { type Claim, IncomingTable } from './arrival/incoming-table.js';
import type { IntakeParts } from './arrival/intake.js';
import { quarantineFile, releaseFile } from './arrival/orders.js';
import type { Processor } from './arrival/processor.js';
import { Spool } from './arrival/spool.js';
import { Stability } from './arrival/stability.js';
import { startWatcher } from './arrival/watcher.js';
import { Worker } from './arrival/worker.js';
import { lookAtFiles } from './file-watch.js';
import { type Loop, startLoop } from './loop.js';
import type { Meters } from './meters.js';
import type { CallPlatform } from './outgoing/announcer.js';
import { Dispatcher } from './outgoing/dispatcher.js';
import { Outbox } from './outgoing/outbox.js';
import { OutgoingTable } from './outgoing/outgoing-table.js';
import type { Producer } from './outgoing/producer.js';
import { startSchedule } from './outgoing/schedule.js';
import type { ExchangePlace } from './place.js';
import { Places } from './places.js';
import { removeExpired } from './retention.js';
import type { ExchangeSettings, RemotePlaceSettings } from './settings.js';
import { Steps } from './steps.js';

export interface ExchangeParts {
  readonly settings: ExchangeSettings;
  readonly units: readonly Unit[];
  /** Absolute path: the root of the SFTP accounts' trees. */
  readonly root: string;
  readonly database: Database;
  readonly processors: readonly Processor[];
  readonly producers: readonly Producer[];
  /** Sends a notice to the platform, with our certificate. */
  readonly call: CallPlatform;
  readonly openRemote: (unit: Unit, settings: RemotePlaceSettings) => ExchangePlace;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly meters: Meters;
  /** Left out: nobody is told. */
  readonly alarms?: Alarms | undefined;
}

export interface Exchange {
  readonly arrival: FileArrival;
  readonly incoming: IncomingTable;
  readonly outgoing: OutgoingTable;
  readonly outbox: Outbox;
  readonly steps: Steps;
  /** Begins to watch and to work. Without it only what is called is done (commands). */
  start(): void;
  /** One whole look through all places, now. */
  look(): Promise<void>;
  /** An SFTP upload has just ended: a look is due as soon as it can be whole. Costs nothing, however many come. */
  expect(): void;
  /** The work that is due, both ways, until it is done. */
  work(): Promise<void>;
  /** Works on one of our files as far as it goes now; where another node is just working on it, waits until that one rests. */
  dispatch(id: string): Promise<void>;
  /** Holds the alarms about files, and counts what is not done with. The loops do it every minute. */
  watchFiles(): Promise<void>;
  /** Removes what was kept long enough. @returns how many files */
  removeExpired(): Promise<number>;
  /** Takes a file in by hand, and works on it as far as it goes. */
  importFile(
    order: ImportOrder,
  ): Promise<{ readonly file: IncomingFile; readonly kind: 'new' | 'known' | 'conflict' }>;
  /** An operator's orders about a file of the platform. @throws {OperatorError} */
  release(file: IncomingFile, orderedBy: string): Promise<IncomingFile>;
  quarantine(file: IncomingFile, reason: string, orderedBy: string): Promise<void>;
  stop(): Promise<void>;
}

const EXPIRE_MS = 3_600_000;
const FILE_WATCH_MS = 60_000;

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
  const sent = new OutgoingTable(database);
  const outbox = new Outbox({ settings, units, table: sent, places, steps, clock, ids });
  const dispatcher = new Dispatcher({
    ...common,
    table: sent,
    places,
    ids,
    call: parts.call,
    producers: new Map(parts.producers.map((one) => [one.type, one])),
  });
  const expire = () => removeExpired({ ...common, places, root, database });
  const processed = new Set<string>(parts.processors.map(({ type }) => type));
  const watchFiles = () => lookAtFiles({ ...common, database, processed, alarms: parts.alarms });
  const guarded = (where: string, work: () => Promise<unknown>) => async () => {
    try {
      await work();
    } catch (error) {
      if (!stopper.signal.aborted) log.event('place.failed', { place: where, reason: messageOf(error) });
    }
  };
  const loops: Loop[] = [];
  let watcher: ReturnType<typeof startWatcher> | undefined;
  return {
    arrival: arrivals,
    incoming: table,
    outgoing: sent,
    outbox,
    dispatch: (id) => dispatcher.finish(id),
    removeExpired: expire,
    watchFiles,
    steps,
    start() {
      if (watcher || loops.length > 0) return;
      if (settings.watch) watcher = startWatcher({ ...common, places, arrivals, intake });
      const every = (ms: number, where: string, work: () => Promise<unknown>) => {
        const loop = startLoop(clock, ms, guarded(where, work));
        loops.push(loop);
        return loop;
      };
      every(limits.pollMs, 'incoming', () => worker.runDue());
      const dispatch = every(limits.pollMs, 'outgoing', () => dispatcher.runDue());
      every(EXPIRE_MS, 'retention', expire);
      every(FILE_WATCH_MS, 'alarms', watchFiles);
      if (!settings.schedules) return;
      loops.push(startSchedule({ ...common, outbox, table: sent, ordered: () => void dispatch.now() }));
    },
    look: async () => watcher?.look(),
    expect: () => watcher?.expect(),
    async work() {
      await worker.idle();
      await worker.runDue();
      await worker.idle();
      await dispatcher.runDue();
    },
    async importFile(order) {
      const taken = await importFile(intake, units, order);
      await arrivals.begin(taken);
      await worker.idle();
      return { file: (await table.find(taken.file.id)) ?? taken.file, kind: taken.kind };
    },
    async release(file, orderedBy) {
      const taken = await releaseFile(intake, file, orderedBy);
      await arrivals.begin(taken);
      await worker.idle();
      return (await table.find(file.id)) ?? taken.file;
    },
    async quarantine(file, reason, orderedBy) {
      await quarantineFile(intake, file, reason, orderedBy);
      await worker.runDue();
    },
    async stop() {
      stopper.abort();
      await watcher?.stop();
      for (const loop of loops) await loop.stop();
      await dispatcher.idle();
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
