/**
 * Whether the database takes writes at the moment (a standby, read-only for maintenance, a full disk). While it does not, queries must
 * not pay for writes that fail: one write a second tries, the others are refused at once.
 */
import type { Clock, Moment } from '../clock.js';
import { DatabaseError } from './database.js';

/** How often one write is let through to see whether the database takes writes again. */
export const TRY_AGAIN_MS = 900;

export class WriteGate {
  #refusal: DatabaseError | undefined;
  #triedAt: Moment = 0;
  #wroteAt: Moment = 0;

  constructor(
    private readonly clock: Clock,
    /** Called once for each change; the refusal, or `undefined` when it takes writes again. */
    private readonly changed: (refusal: DatabaseError | undefined) => void,
  ) {}

  get readOnly(): boolean {
    return this.#refusal !== undefined;
  }
  /** When a write last succeeded (ms since 1970). */
  get wroteAt(): Moment {
    return this.#wroteAt;
  }

  /** @throws {DatabaseError} `read-only` while it is known to be, and no try is due */
  enter(): void {
    if (this.#refusal === undefined) return;
    const now = this.clock.now();
    if (now - this.#triedAt < TRY_AGAIN_MS)
      throw new DatabaseError('read-only', this.#refusal.message, { cause: this.#refusal });
    this.#triedAt = now;
  }

  refused(error: DatabaseError): void {
    this.#triedAt = this.clock.now();
    if (this.#refusal === undefined) this.changed(error);
    this.#refusal = error;
  }

  wrote(): void {
    this.#wroteAt = this.clock.now();
    if (this.#refusal === undefined) return;
    this.#refusal = undefined;
    this.changed(undefined);
  }
}
