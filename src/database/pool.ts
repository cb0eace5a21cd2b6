/**
 * The connections of one database. Our own because a free connection must cost next to nothing per exchange (tarn: two timers and four promises),
 * and because a dead one must never be handed out or come back.
 */
import type { Clock } from '../clock.js';
import { DatabaseError } from './database.js';

export interface Pooled {
  /** Lost, cut, or in a state that nobody knows. */
  readonly dead: boolean;
  /** When the call that runs on it must have been answered (ms since 1970); 0 = none runs. */
  answerBy: number;
  /** Ends it at once; calls that are waiting on it fail. Never throws. */
  destroy(reason: string): void;
}
export interface PoolOptions<T extends Pooled> {
  readonly connect: () => Promise<T>;
  readonly min: number;
  readonly max: number;
  readonly acquireTimeoutMs: number;
  /** What waiting in vain means: no connection (`unavailable`), or SQLite's one writer is busy (`lock-timeout`). */
  readonly timeoutLabel: 'unavailable' | 'lock-timeout';
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
}
interface Waiter<T> {
  readonly give: (link: T) => void;
  readonly refuse: (error: unknown) => void;
}

export class Pool<T extends Pooled> {
  readonly #options: PoolOptions<T>;
  readonly #free: { readonly link: T; readonly since: number }[] = [];
  readonly #used = new Set<T>();
  /** In use while the pool was renewed: they do not come back. */
  readonly #outdated = new Set<T>();
  readonly #waiters: Waiter<T>[] = [];
  readonly #stopReaping: () => void;
  #connecting = 0;
  #closed = false;
  #emptied: (() => void) | undefined;

  constructor(options: PoolOptions<T>) {
    this.#options = options;
    this.#stopReaping = options.clock.every(Math.min(options.idleTimeoutMs, 5000), () => this.#reap());
  }

  get counts() {
    return {
      free: this.#free.length,
      used: this.#used.size,
      waiting: this.#waiters.length,
      max: this.#options.max,
    };
  }

  /** A live connection. @throws {DatabaseError} `unavailable` when none can be had in time; what `connect` threw when that failed */
  acquire(timeoutMs = this.#options.acquireTimeoutMs): T | Promise<T> {
    if (this.#closed) throw new DatabaseError('unavailable', 'the database is closed');
    for (let last = this.#free.pop(); last !== undefined; last = this.#free.pop()) {
      if (!last.link.dead) {
        this.#used.add(last.link);
        return last.link;
      }
      last.link.destroy('found dead');
    }
    return this.#wait(timeoutMs);
  }

  /** Cuts those whose answer is overdue: a network that swallows packets tells nobody. */
  cutSilent(): void {
    const now = this.#options.clock.now();
    for (const link of this.#used)
      if (link.answerBy !== 0 && link.answerBy < now) link.destroy('no answer in time');
  }

  /** New connections for whoever comes next: another member of the cluster, or the same one with other settings, may serve them. */
  renew(): void {
    for (const { link } of this.#free.splice(0)) link.destroy('renewed');
    for (const link of this.#used) this.#outdated.add(link);
  }

  release(link: T): void {
    if (!this.#used.delete(link)) return;
    const outdated = this.#outdated.delete(link);
    if (link.dead || outdated || this.#closed) {
      link.destroy(this.#closed ? 'pool closed' : 'dead');
      if (!this.#closed) this.#connectMore();
    } else {
      this.#offer(link);
    }
    if (this.#closed && this.#used.size === 0) this.#emptied?.();
  }

  /** No more connections are given; waits until those in use are back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopReaping();
    for (const waiter of this.#waiters.splice(0))
      waiter.refuse(new DatabaseError('unavailable', 'the database is closing'));
    for (const { link } of this.#free.splice(0)) link.destroy('pool closed');
    if (this.#used.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  #wait(timeoutMs: number): Promise<T> {
    const { clock, timeoutLabel, max } = this.#options;
    return new Promise((resolve, reject) => {
      const waiter: Waiter<T> = {
        give: (link) => {
          stop();
          resolve(link);
        },
        refuse: (error) => {
          stop();
          reject(error);
        },
      };
      const stop = clock.after(timeoutMs, () => {
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        const text = `no connection became free within ${timeoutMs} ms (${this.#used.size} of ${max} in use)`;
        reject(new DatabaseError(timeoutLabel, text));
      });
      this.#waiters.push(waiter);
      this.#connectMore();
    });
  }

  /** One attempt for each that waits, as far as there is room. */
  #connectMore(): void {
    while (this.#connecting < this.#waiters.length) {
      if (this.#used.size + this.#free.length + this.#connecting >= this.#options.max) return;
      this.#connecting++;
      this.#options.connect().then(
        (link) => {
          this.#connecting--;
          if (this.#closed) link.destroy('pool closed');
          else this.#offer(link);
        },
        (error: unknown) => {
          this.#connecting--;
          // Who waits longest is told; the next ones try for themselves.
          this.#waiters.shift()?.refuse(error);
          this.#connectMore();
        },
      );
    }
  }

  #offer(link: T): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#free.push({ link, since: this.#options.clock.now() });
    } else {
      this.#used.add(link);
      waiter.give(link);
    }
  }

  #reap(): void {
    const { clock, idleTimeoutMs, min } = this.#options;
    const now = clock.now();
    // The front has been idle longest.
    for (let first = this.#free[0]; first !== undefined; first = this.#free[0]) {
      const spare = this.#free.length + this.#used.size > min;
      if (!first.link.dead && !(spare && now - first.since > idleTimeoutMs)) return;
      this.#free.shift();
      first.link.destroy('idle');
    }
  }
}
