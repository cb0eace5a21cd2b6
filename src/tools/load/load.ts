/*
  Many short mutual-TLS exchanges: at a given rate (open loop) or by so many callers at once (closed loop).
  Open loop: exchange i is due at i/rate whether or not the server keeps up, and its latency counts from then on.
  So a server that stalls shows its stall in every exchange that was due meanwhile (coordinated omission, corrected).
*/
import { type Clock, systemClock } from '../../clock.js';
import { exchange, type Outcome, type Target } from '../platform/client.js';
import { readAnswer } from '../platform/request.js';

export interface LoadPlan {
  readonly target: Target;
  /** Exchanges per second; `undefined` = closed loop. */
  readonly rate: number | undefined;
  /** Callers at once in the closed loop; the most exchanges under way at once in the open loop. */
  readonly concurrency: number;
  readonly seconds: number;
  /** Resume TLS sessions where the server lets us. */
  readonly resume: boolean;
  /** The frame of the next exchange, and its kind for the report. */
  readonly next: () => Planned;
  /** Told of each answer, e.g. to refund later what was paid. */
  readonly done?: (token: string, outcome: Outcome) => void;
  readonly progress?: (state: LoadProgress) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}
/** `token` names the exchange for `done`. */
export interface Planned {
  readonly kind: string;
  readonly frame: Buffer;
  readonly token: string;
}
export interface LoadProgress {
  readonly elapsedMs: number;
  readonly sent: number;
  readonly finished: number;
  readonly failed: number;
  readonly underWay: number;
}
/** One finished exchange; times in ms. */
export interface Sample {
  readonly kind: string;
  /** From the start of the run to the moment it was due. */
  readonly dueMs: number;
  /** From that moment to the answer. */
  readonly latencyMs: number;
  /** From its real start to the answer. */
  readonly serviceMs: number;
  readonly handshakeMs: number;
  /** Result code, or why there was none. */
  readonly code: string;
  readonly resumed: boolean;
}

const PROGRESS_MS = 500;

/** Runs the plan to its end and waits for what is under way. */
export async function runLoad(plan: LoadPlan): Promise<readonly Sample[]> {
  const { clock = systemClock, seconds, rate, concurrency } = plan;
  const samples: Sample[] = [];
  const sessions: Buffer[] = [];
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  let sent = 0;
  let failed = 0;
  let underWay = 0;
  const cancel = clock.every(PROGRESS_MS, () =>
    plan.progress?.({ elapsedMs: elapsed(), sent, finished: samples.length, failed, underWay }),
  );

  async function one(dueMs: number): Promise<void> {
    const { kind, frame, token } = plan.next();
    sent += 1;
    underWay += 1;
    const begunMs = elapsed();
    // A session ticket of TLS 1.3 is good for one resumption.
    const session = plan.resume ? sessions.pop() : undefined;
    const onSession = (fresh: Buffer) => {
      if (sessions.length < concurrency) sessions.push(fresh);
    };
    const outcome = await exchange(plan.target, frame, plan.resume ? { session, onSession } : {});
    underWay -= 1;
    const answered = outcome.kind === 'answer';
    if (!answered) failed += 1;
    const code = answered ? (readAnswer(outcome.data)?.code ?? 'no message') : outcome.how;
    const end = elapsed();
    samples.push({
      kind,
      dueMs,
      latencyMs: end - dueMs,
      serviceMs: end - begunMs,
      handshakeMs: outcome.handshakeMs ?? 0,
      code,
      resumed: answered && outcome.resumed,
    });
    plan.done?.(token, outcome);
  }

  const over = () => elapsed() >= seconds * 1000 || plan.signal?.aborted === true;
  if (rate === undefined) await Promise.all(Array.from({ length: concurrency }, closedLoop));
  else await openLoop(rate);
  cancel();
  plan.progress?.({ elapsedMs: elapsed(), sent, finished: samples.length, failed, underWay });
  return samples;

  async function closedLoop(): Promise<void> {
    while (!over()) await one(elapsed());
  }
  async function openLoop(perSecond: number): Promise<void> {
    const running = new Set<Promise<void>>();
    for (let number = 0; ; number++) {
      const dueMs = (number * 1000) / perSecond;
      if (dueMs >= seconds * 1000 || plan.signal?.aborted === true) break;
      if (dueMs > elapsed()) await clock.sleep(Math.max(1, dueMs - elapsed()));
      // Descriptors are bounded; what waits here is late, and its latency says so.
      while (running.size >= concurrency) await Promise.race(running);
      const work: Promise<void> = one(dueMs).finally(() => running.delete(work));
      running.add(work);
    }
    await Promise.all(running);
  }
}
