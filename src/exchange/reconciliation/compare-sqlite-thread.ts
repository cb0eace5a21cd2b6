/** The thread of compare-sqlite.ts: compares, and tells the thread that it came from. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Booking } from '../../revenue/index.js';
import { compareHere, type SqliteJob } from './compare-sqlite-here.js';
import type { FoundDifference } from './difference.js';
import type { LinesVerdict } from './line-batch.js';

export type ToThread =
  | { readonly kind: 'go-on' }
  /** Empty: there are no more. */
  | { readonly kind: 'bookings'; readonly bookings: readonly Booking[] };
export type FromThread =
  | { readonly kind: 'found'; readonly found: readonly FoundDifference[] }
  | { readonly kind: 'bookings' }
  | { readonly kind: 'verdict'; readonly verdict: LinesVerdict };

// What stands in them is declared by the other side (compare-sqlite.ts).
if (parentPort !== null) await work(parentPort, workerData as SqliteJob);

async function work(port: MessagePort, job: SqliteJob): Promise<void> {
  const ask = async (message: FromThread): Promise<ToThread> => {
    const answer = once(port, 'message');
    port.postMessage(message);
    return (await answer)[0] as ToThread;
  };
  const verdict = await compareHere(job, {
    async bookings() {
      const answer = await ask({ kind: 'bookings' });
      return answer.kind === 'bookings' ? answer.bookings : [];
    },
    async found(found) {
      await ask({ kind: 'found', found });
    },
  });
  port.postMessage({ kind: 'verdict', verdict } satisfies FromThread);
  port.close();
}
