import type { Clock, Moment } from '../clock.js';
import { addressGroup } from './addresses.js';
import type { SftpLimits } from './settings.js';

interface Record {
  /** Moments of failures within the window. */
  failures: Moment[];
  bannedUntil: Moment;
  bans: number;
}

/** Addresses and accounts remembered at most; the one that was longest unused goes first. */
const RECORDS_MAX = 10_000;
/** A ban is forgotten after a day without another. */
const FORGET_BANS_MS = 86_400_000;

/** One kind of culprit (address, or account): counts failures within a window, bans, and bans longer each time. */
class Ledger {
  readonly #records = new Map<string, Record>();

  constructor(
    private readonly failuresMax: number,
    private readonly limits: SftpLimits,
    private readonly clock: Clock,
  ) {}

  bannedUntil(key: string): Moment | undefined {
    const until = this.#records.get(key)?.bannedUntil ?? 0;
    return until > this.clock.now() ? until : undefined;
  }

  failures(key: string): number {
    const since = this.clock.now() - this.limits.failureWindowMs;
    return this.#records.get(key)?.failures.filter((at) => at > since).length ?? 0;
  }

  /** @returns the end of the ban that this failure brought, if it did */
  fail(key: string): Moment | undefined {
    const now = this.clock.now();
    const record = this.#records.get(key) ?? { failures: [], bannedUntil: 0, bans: 0 };
    this.#records.delete(key);
    this.#records.set(key, record);
    if (now - record.bannedUntil > FORGET_BANS_MS) record.bans = 0;
    record.failures = [...record.failures.filter((at) => at > now - this.limits.failureWindowMs), now];
    if (this.#records.size > RECORDS_MAX) {
      const [oldest] = this.#records.keys();
      if (oldest !== undefined) this.#records.delete(oldest);
    }
    if (record.failures.length < this.failuresMax || record.bannedUntil > now) return undefined;
    record.bannedUntil = now + Math.min(this.limits.banMs * 2 ** record.bans, this.limits.banMaxMs);
    record.bans += 1;
    record.failures = [];
    return record.bannedUntil;
  }

  forgive(key: string): void {
    const record = this.#records.get(key);
    if (record) record.failures = [];
  }
}

export interface Ban {
  readonly kind: 'address' | 'account';
  readonly until: Moment;
}

/**
 * Failed logins: each is answered later than the one before, then the address is banned, and when many addresses try one account, that
 * account's passwords. Keys of a banned account still open it, so that nobody who knows its name can shut the platform out.
 * Counted per node, in memory.
 */
export class Penalties {
  readonly #addresses: Ledger;
  readonly #accounts: Ledger;

  constructor(
    private readonly limits: SftpLimits,
    clock: Clock,
  ) {
    this.#addresses = new Ledger(limits.failuresPerAddressMax, limits, clock);
    this.#accounts = new Ledger(limits.failuresPerAccountMax, limits, clock);
  }

  addressBannedUntil(address: string): Moment | undefined {
    return this.#addresses.bannedUntil(addressGroup(address));
  }
  accountBannedUntil(account: string): Moment | undefined {
    return this.#accounts.bannedUntil(account);
  }

  /** How long the answer to a failed login of this address is to wait (ms). */
  delayMs(address: string): number {
    const before = Math.min(this.#addresses.failures(addressGroup(address)), 16);
    return Math.min(this.limits.failureDelayMs * 2 ** before, this.limits.failureDelayMaxMs);
  }

  /** @returns the bans that this failure brought */
  failed(address: string, account: string | undefined): readonly Ban[] {
    const byAddress = this.#addresses.fail(addressGroup(address));
    const byAccount = account === undefined ? undefined : this.#accounts.fail(account);
    const bans: Ban[] = [];
    if (byAddress !== undefined) bans.push({ kind: 'address', until: byAddress });
    if (byAccount !== undefined) bans.push({ kind: 'account', until: byAccount });
    return bans;
  }

  succeeded(address: string): void {
    this.#addresses.forgive(addressGroup(address));
  }
}
