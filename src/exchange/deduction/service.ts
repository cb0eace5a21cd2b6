/** What a gateway does about batch deduction by itself: runs by schedule, going on with what was broken off, and alarms. */
import type { Alarms, Condition } from '../../alarm.js';
import type { Moment } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Books, DeductionBooks } from '../../revenue/index.js';
import type { Unit } from '../../revenue/unit.js';
import { type Loop, startLoop } from '../loop.js';
import type { Outbox } from '../outgoing/outbox.js';
import { type ExchangeSettings, exchangeOfUnit } from '../settings.js';
import { type Batch, openBatches, sentBatches } from './batch.js';
import { lookAtPlans, missedSince } from './plans.js';
import { goOn } from './run.js';

export interface DeductionServiceParts {
  readonly books: Books;
  /** Opened when a run is first gone on with: a revenue system that cannot be reached holds only its own runs up. */
  readonly openDeduction: () => Promise<DeductionBooks>;
  readonly settings: ExchangeSettings;
  readonly units: readonly Unit[];
  readonly outbox: Pick<Outbox, 'orderIn'>;
  readonly dispatch: (outgoingId: string) => Promise<void>;
  readonly alarms: Alarms | undefined;
  readonly log: Log;
}
const TICK_MS = 20_000;
const HOUR_MS = 3_600_000;
/** So long a run that does not move is nobody's business but the network's. */
const STUCK_MS = HOUR_MS;
/** So long a missed run is told of. */
const MISSED_MS = 48 * HOUR_MS;

export function startDeductionService(parts: DeductionServiceParts): Loop {
  const stopper = new AbortController();
  const loop = startLoop(parts.books.clock, TICK_MS, () => lookOnce(parts, stopper.signal));
  return {
    ...loop,
    stop() {
      stopper.abort();
      return loop.stop();
    },
  };
}

/** One look: begins what is due, goes on with what is open, tells what is wrong. Never rejects. */
export async function lookOnce(parts: DeductionServiceParts, signal?: AbortSignal): Promise<void> {
  const { books, log } = parts;
  const guarded = async (fields: { unit?: string; batch?: string }, work: () => Promise<unknown>) => {
    try {
      signal?.throwIfAborted();
      await work();
    } catch (error) {
      if (!signal?.aborted) log.event('deduct.failed', { ...fields, reason: messageOf(error) });
    }
  };
  for (const unit of parts.units) {
    await guarded({ unit: unit.id }, async () => {
      const rules = exchangeOfUnit(parts.settings, unit.id).deduction;
      const { bankCode, triesMax } = rules;
      const order = { bankCode, triesMax, retryOf: '', orderedBy: 'schedule' };
      for (const { key, state } of await lookAtPlans(books, unit, rules, order))
        log.event(state === 'missed' ? 'deduct.missed' : 'deduct.due', { unit: unit.id, day: key, state });
    });
  }
  await guarded({}, async () => {
    for (const batch of await openBatches(books.database))
      await guarded({ unit: batch.unit, batch: batch.id }, () => advance(parts, batch, signal));
  });
  await guarded({}, () => tell(parts));
}

async function advance(parts: DeductionServiceParts, batch: Batch, signal: AbortSignal | undefined) {
  const { books, openDeduction, settings, outbox, dispatch, log } = parts;
  const unit = parts.units.find(({ id }) => id === batch.unit);
  if (unit === undefined) return;
  // Somebody selects, and shows it with every chunk: a run begun by hand, or another node.
  const isAlive = books.clock.now() - batch.changedAt < settings.limits.leaseMs;
  if (batch.state === 'selecting' && isAlive && batch.changedAt > batch.createdAt) return;
  const run = {
    books: await openDeduction(),
    unit,
    outbox,
    dispatch,
    order: batch,
    ...(signal && { signal }),
  };
  const now = await goOn(run, batch);
  if (now.state !== batch.state)
    log.event('deduct.moved', { unit: unit.id, batch: batch.id, state: now.state, bills: now.count });
}

async function tell({ books, settings, alarms }: DeductionServiceParts): Promise<void> {
  if (alarms === undefined) return;
  const now = books.clock.now();
  const open = await openBatches(books.database);
  const stuck = open.filter(({ changedAt }) => now - changedAt > STUCK_MS);
  await alarms.hold('deduct-run-stuck', stuck.map(stuckCondition(now)));
  const sent = await sentBatches(books.database);
  const unanswered = sent.filter(({ unit, state, changedAt }) => {
    const hours = exchangeOfUnit(settings, unit).deduction.answerHours;
    return state === 'noticed' && now - changedAt > hours * HOUR_MS;
  });
  await alarms.hold('deduct-answer-missing', unanswered.map(unansweredCondition(now)));
  const missed = await missedSince(books.database, now - MISSED_MS);
  await alarms.hold(
    'deduct-run-missed',
    missed.map(({ unit, key }) => ({
      subject: `${unit} ${key}`,
      unit,
      text: `代扣计划 ${key} 已错过 (planned run missed): sluice deduct run --unit ${unit}`,
    })),
  );
}
const hoursSince = (now: Moment, at: Moment): number => Math.floor((now - at) / HOUR_MS);
const stuckCondition =
  (now: Moment) =>
  ({ id, unit, state, changedAt, outgoingId }: Batch): Condition => ({
    subject: id,
    unit,
    text: `批次 ${id} 停在 ${state} 已 ${hoursSince(now, changedAt)} 小时 (does not move): sluice exchange show ${outgoingId}`,
  });
const unansweredCondition =
  (now: Moment) =>
  ({ id, unit, changedAt }: Batch): Condition => ({
    subject: id,
    unit,
    text:
      `批次 ${id} 等待结果已 ${hoursSince(now, changedAt)} 小时 (no whole answer): ` +
      `sluice deduct show ${id} --unit ${unit}; give it up with 'sluice deduct release'`,
  });
