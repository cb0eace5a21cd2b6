/** A claim on a row: one node works on it, shows that it lives, and loses it when it does not. */
import type { Clock } from '../clock.js';

export class LeaseLostError extends Error {
  constructor() {
    super('another node took this file over, because this one gave no sign of life for too long');
    this.name = 'LeaseLostError';
  }
}

/** How a claim is kept in its table. Both give the number of rows changed: 0 = the claim is not ours (any more). */
export interface LeaseTable {
  extend(token: string, until: number): Promise<number>;
  release(token: string): Promise<number>;
}

export interface Lease {
  /** Unique for each claim: conditions of updates name it, so that a node that lost its claim can change nothing. */
  readonly token: string;
  /** Aborts when the claim is lost. */
  readonly signal: AbortSignal;
}

/**
 * Runs the work under a claim that was just made, and gives the claim back at its end. Three signs of life within each lease:
 * one may fail.
 */
export async function underLease<T>(
  parts: {
    readonly clock: Clock;
    readonly leaseMs: number;
    readonly table: LeaseTable;
    readonly token: string;
  },
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const { clock, leaseMs, table, token } = parts;
  const lost = new AbortController();
  let heardAt = clock.now();
  let beating: Promise<void> = Promise.resolve();
  const beat = async () => {
    try {
      const now = clock.now();
      if ((await table.extend(token, now + leaseMs)) === 0) lost.abort(new LeaseLostError());
      heardAt = now;
    } catch {
      // The database may be away for a while; what counts is whether the lease has run out.
      if (clock.now() - heardAt > leaseMs) lost.abort(new LeaseLostError());
    }
  };
  const stop = clock.every(Math.max(10, Math.floor(leaseMs / 3)), () => {
    beating = beat();
  });
  try {
    return await work({ token, signal: lost.signal });
  } finally {
    stop();
    await beating;
    if (!lost.signal.aborted) await table.release(token).catch(() => 0); // Unreleased, it runs out by itself.
  }
}
