/* Several processes: workers share the platform's socket; this process does the jobs, sums metrics and replaces the dead. */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { AggregatorRegistry } from 'prom-client';
import { type App, startApp, writePorts } from './app.js';
import { systemClock } from './clock.js';
import { type LoadedConfig, loadConfig } from './config/index.js';
import { messageOf, OperatorError } from './errors.js';
import { type ReloadOutcome, writeOutcome } from './reload.js';
import { heldTicketKeys, rotatingTicketKeys } from './server/index.js';

type FromWorker =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly next: string }
  | { readonly kind: 'reloaded'; readonly outcome: ReloadOutcome }
  | { readonly kind: 'metrics'; readonly metrics: readonly object[] };
type ToWorker =
  | { readonly kind: 'stop' }
  | { readonly kind: 'reload' }
  | { readonly kind: 'metrics' }
  /** Of TLS session tickets, in base64: all workers have the same one. */
  | { readonly kind: 'ticket-key'; readonly key: string };

/** A worker that dies sooner than this after its start is replaced only after a pause, so that a fault at start does not spin. */
const SHORT_LIFE_MS = 5000;
const PAUSE_MS = 1000;
const ANSWER_MS = 10_000;

export const workerCount = ({ server }: LoadedConfig): number =>
  server.workers === 'auto' ? availableParallelism() : server.workers;

/** Runs in the process that `sluice serve` started. */
export async function startWithWorkers(config: LoadedConfig): Promise<App> {
  // Round-robin through this process costs about a fifth more CPU per short connection (pitfall).
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ args: ['serve', '--dir', config.dir] });
  let stopping = false;
  let port = config.server.port;
  const workers = new Set<Worker>();
  const serving = new WeakSet<Worker>();
  // Before the workers: they find the tables there, and one of them must not have to wait for another.
  const jobs = await startApp({
    config,
    role: 'jobs',
    allMetrics: async (own) => {
      const theirs = await askAll({ kind: 'metrics' }, 'metrics');
      const all = [await own.registry.getMetricsAsJSON(), ...theirs.map((said) => said?.metrics ?? [])];
      return AggregatorRegistry.aggregate(all as object[][]).metrics();
    },
  });

  const ticketKeys = rotatingTicketKeys(systemClock);
  const keyMessage = (key: Buffer): ToWorker => ({ kind: 'ticket-key', key: key.toString('base64') });
  ticketKeys.watch((key) => {
    for (const worker of workers) tell(worker, keyMessage(key));
  });

  /** What each worker answers; `undefined` where one does not answer in time. */
  function askAll<K extends FromWorker['kind']>(message: ToWorker, kind: K) {
    type Said = Extract<FromWorker, { kind: K }>;
    return Promise.all(
      [...workers].map(async (worker): Promise<Said | undefined> => {
        const answer = reply(worker, (one) => one.kind === kind) as Promise<Said | undefined>;
        tell(worker, message);
        return Promise.race([answer, systemClock.sleep(ANSWER_MS, undefined)]).then(
          (said) => said ?? undefined,
        );
      }),
    );
  }

  async function startOne(): Promise<void> {
    const worker = cluster.fork();
    workers.add(worker);
    const began = systemClock.now();
    worker.once('exit', () => {
      workers.delete(worker);
      if (stopping || !worker.isDead()) return;
      const pause = systemClock.now() - began < SHORT_LIFE_MS ? PAUSE_MS : 0;
      void systemClock.sleep(pause).then(() => (stopping ? undefined : startOne().catch(() => undefined)));
    });
    const said = await reply(worker, (message) => message.kind === 'ready' || message.kind === 'failed');
    if (said?.kind === 'ready') {
      tell(worker, keyMessage(ticketKeys.current()));
      port = said.port;
      serving.add(worker);
    } else if (said?.kind === 'failed') throw new OperatorError(said.code, said.message, said.next);
    else
      throw new OperatorError(
        'worker-ended',
        'a worker process ended while it started',
        'Look at the log; start it again.',
      );
  }

  async function stop(): Promise<void> {
    stopping = true;
    ticketKeys.close();
    const gone = [...workers].map(async (worker) => {
      const exit = once(worker, 'exit');
      // One that has not begun to serve has accepted nothing, and may not hear us yet.
      if (serving.has(worker)) tell(worker, { kind: 'stop' });
      else worker.process.kill('SIGKILL');
      await exit;
    });
    await Promise.all(gone);
    await jobs.stop();
  }

  try {
    for (let i = 0; i < workerCount(config); i++) await startOne();
  } catch (error) {
    await stop();
    throw error;
  }
  const ports = { platform: port, ...jobs.ports };
  const forget = writePorts(config.dir, ports);
  return {
    ports,
    metrics: jobs.metrics,
    async reload() {
      const verdicts = await askAll({ kind: 'reload' }, 'reloaded');
      const unanswered = { ...(await jobs.reload()), applied: false, reason: 'a worker did not answer' };
      const outcomes = verdicts.map((said) => said?.outcome ?? unanswered);
      const outcome = outcomes.find((one) => !one.applied) ?? outcomes[0] ?? unanswered;
      writeOutcome(config.dir, outcome);
      return outcome;
    },
    async stop() {
      forget();
      await stop();
    },
  };
}

const tell = (worker: Worker, message: ToWorker): void => {
  if (worker.isConnected()) worker.send(message);
};
/** The first message that fits, or `undefined` when the worker ends. */
function reply(worker: Worker, fits: (message: FromWorker) => boolean): Promise<FromWorker | undefined> {
  return new Promise((resolve) => {
    const hear = (message: FromWorker) => {
      if (!('kind' in message) || !fits(message)) return;
      worker.off('message', hear);
      resolve(message);
    };
    worker.on('message', hear);
    worker.once('exit', () => resolve(undefined));
  });
}

export const isWorker = (): boolean => cluster.isWorker;

/** Runs in a worker: one gateway, until the first process says stop. */
export async function runWorker(dir: string): Promise<void> {
  const say = (message: FromWorker) => process.send?.(message);
  const name = `sluice-worker-${cluster.worker?.id ?? 0}`;
  // The terminal's Ctrl-C reaches all processes; only the first one decides when to stop.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  const readConfig = () => loadConfig(dir);
  const ticketKeys = heldTicketKeys();
  const starting = startApp({ config: readConfig(), readConfig, role: 'gateway', name, ticketKeys });
  // Listened for from the first moment: the first process may stop while this one still starts.
  const whenStarted = (act: (app: App) => unknown) => void starting.then(act, () => undefined);
  const end = () => whenStarted((app) => app.stop().then(() => process.exit(0)));
  process.on('disconnect', end);
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') end();
    if (message.kind === 'ticket-key') ticketKeys.replace(Buffer.from(message.key, 'base64'));
    if (message.kind === 'metrics') {
      whenStarted(async ({ metrics }) =>
        say({ kind: 'metrics', metrics: await metrics.registry.getMetricsAsJSON() }),
      );
    }
    if (message.kind === 'reload') {
      whenStarted(async (app) => say({ kind: 'reloaded', outcome: await app.reload() }));
    }
  });
  try {
    const app = await starting;
    say({ kind: 'ready', port: app.ports.platform ?? 0 });
  } catch (error) {
    const next =
      error instanceof OperatorError ? error.next : 'This is a defect of Sluice; please report it.';
    const code = error instanceof OperatorError ? error.code : 'internal';
    process.send?.({ kind: 'failed', code, message: messageOf(error), next } satisfies FromWorker, () =>
      process.exit(1),
    );
  }
}
