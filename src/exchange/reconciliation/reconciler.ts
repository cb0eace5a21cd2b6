import { DatabaseError } from '../../database/index.js';
import type { Day } from '../../protocol/values.js';
import type { Unit } from '../../revenue/unit.js';
import { type Lease, underLease } from '../lease.js';
import { compare } from './compare-day.js';
import { claimDay, ensureDay, findDay, leaseOfDay, lockDay, moveDay, type ReconDay } from './days.js';
import {
  type Difference,
  type Ended,
  type Ending,
  endDifferences,
  markBegun,
  nextOpen,
  unresolvedOfDay,
} from './differences.js';
import type { ReconFile, ReconParts } from './parts.js';
import { type RepairJob, repair } from './repair.js';
import {
  confirmRun,
  findOrder,
  findRun,
  insertRun,
  type ReconRun,
  restartRun,
  runsOfDay,
  setRunState,
  standingRun,
} from './runs.js';

export type RunOutcome =
  | { readonly kind: 'done'; readonly run: ReconRun; readonly day: ReconDay }
  /** Compared; the repairs wait for an operator. */
  | { readonly kind: 'held'; readonly run: ReconRun }
  /** The same file was done before: nothing was changed. */
  | { readonly kind: 'unchanged'; readonly run: ReconRun; readonly day: ReconDay }
  /** The file cannot be taken; nothing was changed. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Something of it cannot be decided now. */
  | { readonly kind: 'undecided'; readonly run: ReconRun; readonly left: number; readonly why: string }
  /** Another node, or another command, works on this day. */
  | { readonly kind: 'busy' };

/** What an operator's command wants of a day. */
export type DayOrder =
  | { readonly kind: 'confirm'; readonly by: string }
  /** Repairs what is open: after a crash, or after {@link reopenDifference}. */
  | { readonly kind: 'go-on'; readonly rebook?: boolean };

/**
 * Reconciles a day with a file.
 * @param again compare once more although this file was done before (an operator's order)
 * @throws what the databases throw; then nothing is lost, and the next call goes on
 */
export async function reconcileFile(
  parts: ReconParts,
  file: ReconFile,
  signal: AbortSignal,
  again?: { readonly by: string; readonly reason: string },
): Promise<RunOutcome> {
  await ensureDay(parts.database, file.unit.id, file.day, parts.clock.now());
  return withDay(parts, file.unit, file.day, signal, async (lease, stop) => {
    const begun = await beginRun(parts, file, lease, again);
    if (begun.kind === 'refused') return begun;
    let { run } = begun;
    if (begun.kind === 'unchanged') {
      const day = await mustFindDay(parts, run);
      return { kind: 'unchanged', run, day };
    }
    if (run.state === 'comparing') {
      const compared = await compare(parts, file, run, lease, stop);
      if (compared.kind === 'refused') return compared;
      run = compared.run;
    }
    return run.state === 'held' ? { kind: 'held', run } : repairAll(parts, file.unit, run, lease, stop);
  });
}

/** Goes on with a day whose file was compared. `undefined`: nothing is to be done. */
export async function continueDay(
  parts: ReconParts,
  unit: Unit,
  day: Day,
  order: DayOrder,
  signal: AbortSignal,
): Promise<RunOutcome | undefined> {
  return withDay(parts, unit, day, signal, async (lease, stop) => {
    const run = standingRun(await runsOfDay(parts.database, unit.id, day));
    if (run === undefined || run.state === 'comparing') return undefined;
    if (order.kind === 'confirm') {
      if (run.state !== 'held') return undefined;
      await parts.database.transaction(async (tx) => {
        const row = await lockDay(tx, unit.id, day, lease.token);
        if (await confirmRun(tx, run, order.by))
          await moveDay(tx, row, { state: 'compared' }, parts.clock.now());
      });
    } else if (run.state === 'held') return { kind: 'held', run };
    return repairAll(parts, unit, run, lease, stop, order.kind === 'go-on' && order.rebook === true);
  });
}

/** Works on a day under its claim. */
export async function withDay<T>(
  parts: ReconParts,
  unit: Unit,
  day: Day,
  signal: AbortSignal,
  work: (lease: Lease, stop: AbortSignal) => Promise<T>,
): Promise<T | { readonly kind: 'busy' }> {
  const { database, clock, ids, leaseMs } = parts;
  const token = `recon ${ids.digits(20)}`;
  const key = { unit: unit.id, day };
  if (!(await claimDay(database, key, token, clock.now(), clock.now() + leaseMs))) return { kind: 'busy' };
  const table = leaseOfDay(database, unit.id, day);
  return underLease({ clock, leaseMs, table, token }, (lease) =>
    work(lease, AbortSignal.any([lease.signal, signal])),
  );
}

type Begun =
  | { readonly kind: 'go'; readonly run: ReconRun }
  | { readonly kind: 'unchanged'; readonly run: ReconRun }
  | { readonly kind: 'refused'; readonly detail: string };

function beginRun(
  { database, clock }: ReconParts,
  file: ReconFile,
  lease: Lease,
  again: { readonly by: string; readonly reason: string } | undefined,
): Promise<Begun> {
  const { unit, day, sha256 } = file;
  return database.transaction(async (tx): Promise<Begun> => {
    const row = await lockDay(tx, unit.id, day, lease.token);
    const runs = await runsOfDay(tx, unit.id, day);
    const latest = runs.at(-1);
    if (latest?.sha256 === sha256) {
      if (latest.state === 'refused' && again === undefined) {
        await restartRun(tx, latest);
        return { kind: 'go', run: { ...latest, state: 'comparing' } };
      }
      if (again === undefined || latest.state !== 'done')
        return { kind: latest.state === 'done' ? 'unchanged' : 'go', run: latest };
    }
    const isFirst = standingRun(runs) === undefined;
    const order = again ?? (await findOrder(tx, unit.id, day, sha256));
    if (order === undefined && (!isFirst || row.state === 'closed'))
      return { kind: 'refused', detail: needsOrder(row) };
    const number = row.runNumber + 1;
    const orderedBy = order?.by ?? 'exchange';
    const kind = isFirst && order === undefined ? 'file' : 'rerun';
    await insertRun(
      tx,
      {
        unit: unit.id,
        day,
        number,
        kind,
        fileName: file.name,
        path: file.path,
        sha256,
        fileAt: file.storedAt,
        settings: file.settings,
        orderedBy,
        reason: order?.reason ?? '',
      },
      clock.now(),
    );
    await moveDay(tx, row, { state: 'received', runNumber: number }, clock.now());
    const run = await findRun(tx, { unit: unit.id, day, number });
    if (run === undefined) throw new Error('a run of reconciliation has gone');
    return { kind: 'go', run };
  });
}

const needsOrder = ({ state, day, unit }: ReconDay): string =>
  state === 'closed'
    ? `${day} 已对平关闭，再次对账须由人工下令 (closed): sluice recon rerun ${day} --unit ${unit} --reason …`
    : `${day} 已用另一文件对账，更正文件须由人工下令 (another file came first): sluice recon rerun ${day} --unit ${unit} --reason …`;

async function repairAll(
  parts: ReconParts,
  unit: Unit,
  run: ReconRun,
  lease: Lease,
  stop: AbortSignal,
  rebook = false,
): Promise<RunOutcome> {
  const { database, clock } = parts;
  if (run.state !== 'done')
    await database.transaction(async (tx) => {
      await lockDay(tx, run.unit, run.day, lease.token);
      await setRunState(tx, run, 'repairing', clock.now());
    });
  let after: string | undefined;
  let [left, done, why] = [0, 0, ''];
  for (;;) {
    stop.throwIfAborted();
    const page = await nextOpen(database, run, after);
    const [first, last] = [page[0], page.at(-1)];
    if (first === undefined || last === undefined) break;
    await markBegun(database, run, first.serial, last.serial);
    const ended: Ended[] = [];
    try {
      for (const of of page) {
        stop.throwIfAborted();
        const ending = await tryRepair(parts, { unit, run, rebook }, of);
        if (typeof ending === 'string') {
          left += 1;
          why = ending;
        } else ended.push({ of, ending });
        done += 1;
        parts.progress?.(done, run.foundCount);
      }
    } finally {
      // One commit for many: what a crash keeps from being noted is found done at the next look.
      await endDifferences(database, ended, clock.now());
    }
    after = last.serial;
  }
  if (left > 0) return { kind: 'undecided', run, left, why };
  const day = await finishDay(parts, run, lease.token);
  return { kind: 'done', run: (await findRun(database, run)) ?? run, day };
}

/** One that cannot be repaired must not keep the others waiting. @returns what became of it, or why it stays open */
async function tryRepair(parts: ReconParts, job: RepairJob, of: Difference): Promise<Ending | string> {
  try {
    return (await repair(parts, job, of)) ?? '正在处理中 (a call still runs)';
  } catch (error) {
    // Without a database nothing can be repaired: all of it is tried again later.
    if (!(error instanceof DatabaseError) || error.label === 'unavailable' || error.label === 'read-only')
      throw error;
    return error.message;
  }
}

/** The run has repaired what it could; the day is closed when nothing is left for an operator. */
function finishDay({ database, clock }: ReconParts, run: ReconRun, token: string): Promise<ReconDay> {
  return database.transaction(async (tx) => {
    const row = await lockDay(tx, run.unit, run.day, token);
    const at = clock.now();
    if (run.state !== 'done') await setRunState(tx, run, 'done', at);
    const unresolved = await unresolvedOfDay(tx, run.unit, run.day);
    const state = unresolved === 0 ? 'closed' : 'repaired';
    if (row.state !== state) await moveDay(tx, row, { state }, at);
    return (await findDay(tx, run.unit, run.day)) ?? row;
  });
}

async function mustFindDay({ database }: ReconParts, key: { readonly unit: string; readonly day: Day }) {
  const found = await findDay(database, key.unit, key.day);
  if (found === undefined) throw new Error('a day of reconciliation has gone');
  return found;
}
