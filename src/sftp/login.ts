import type { AuthContext, PasswordAuthContext, PublicKeyAuthContext } from 'ssh2';
import ssh2 from 'ssh2';
import type { Clock } from '../clock.js';
import type { Database } from '../database/index.js';
import { messageOf } from '../errors.js';
import type { Log } from '../log.js';
import { type Account, isOpen } from './account.js';
import { findAccount, findKey } from './account-store.js';
import { isAllowed } from './addresses.js';
import type { LoginRefusal } from './login-refusal.js';
import type { SftpMeters } from './meters.js';
import { fitsPassword } from './password.js';
import type { Penalties } from './penalties.js';
import { fingerprintOf } from './public-key.js';
import type { LoggedInBy } from './server-context.js';
import type { SftpSettings } from './settings.js';
import { ACCOUNT_NAME } from './tree.js';

export interface LoginOptions {
  readonly settings: SftpSettings;
  readonly database: Database;
  readonly penalties: Penalties;
  readonly passwordChecks: Gate;
  readonly clock: Clock;
  readonly log: Log;
  readonly meters: SftpMeters;
}

/** Lets so many in at once and a few wait; refuses the rest. */
export class Gate {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly insideMax: number,
    private readonly waitingMax: number,
  ) {}

  /** `undefined` where too many wait already. */
  async pass<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#inside >= this.insideMax) {
      if (this.#waiting.length >= this.waitingMax) return undefined;
      // Whoever leaves hands its place on, so the number inside stays right without counting again.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#inside += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside -= 1;
    }
  }
}

type Verdict =
  | { readonly kind: 'accepted'; readonly account: Account; readonly by: LoggedInBy }
  /** The key would do; now the client signs with it. */
  | { readonly kind: 'key-known' }
  | { readonly kind: 'refused'; readonly reason: LoginRefusal; readonly counts: boolean };

const METHODS: ('password' | 'publickey')[] = ['publickey', 'password'];

/** The logins tried on one connection. */
export class Login {
  #failures = 0;

  constructor(
    private readonly options: LoginOptions,
    private readonly address: string,
    private readonly accepted: (account: Account, by: LoggedInBy) => Promise<boolean>,
    private readonly giveUp: () => void,
  ) {}

  async handle(context: AuthContext): Promise<void> {
    // Asking what is possible costs nothing; each other method that we do not have is a failure, so that it has an end.
    if (context.method === 'none') return context.reject(METHODS);
    const verdict = await this.#judge(context);
    if (verdict.kind === 'key-known') return context.accept();
    if (verdict.kind === 'accepted') {
      if (await this.accepted(verdict.account, verdict.by)) {
        this.options.penalties.succeeded(this.address);
        return context.accept();
      }
      return context.reject(METHODS);
    }
    await this.#refuse(context, verdict);
  }

  async #judge(context: AuthContext): Promise<Verdict> {
    try {
      if (context.method === 'password') return await this.#judgePassword(context);
      if (context.method === 'publickey') return await this.#judgeKey(context);
      return refused('wrong-password', false);
    } catch (error) {
      this.options.log.event('sftp.fault', { what: 'login', detail: messageOf(error) });
      return refused('database-unavailable', false);
    }
  }

  async #judgePassword(context: PasswordAuthContext): Promise<Verdict> {
    const { penalties, passwordChecks, database } = this.options;
    if (this.#isBanned()) return refused('banned', false);
    const account = await findAccount(database, knownName(context.username));
    // The password is tried in every case, so that the time tells nothing about the account.
    const fits = await passwordChecks.pass(() => fitsPassword(context.password, account?.passwordHash));
    if (fits === undefined) return refused('busy', false);
    const closed = this.#closedReason(account);
    if (account === undefined || closed) return refused(closed ?? 'unknown-account', true);
    if (penalties.accountBannedUntil(account.name) !== undefined) return refused('banned', false);
    if (account.passwordHash === undefined) return refused('no-password', true);
    if (!fits) return refused('wrong-password', true);
    return { kind: 'accepted', account, by: { method: 'password', proof: account.passwordHash } };
  }

  async #judgeKey(context: PublicKeyAuthContext): Promise<Verdict> {
    if (this.#isBanned()) return refused('banned', false);
    const { database, settings } = this.options;
    const { key, signature, blob } = context;
    const hash = hashOf(context);
    const name = knownName(context.username);
    const fingerprint = fingerprintOf(key.data);
    const account = await findAccount(database, name);
    const known = await findKey(database, name, fingerprint);
    const signed = signature !== undefined && blob !== undefined;
    const closed = this.#closedReason(account);
    if (account === undefined || closed) return refused(closed ?? 'unknown-account', signed);
    if (known === undefined || known.type !== key.algo) return refused('unknown-key', signed);
    if (key.algo === 'ssh-rsa' && hash === undefined && !settings.legacyAlgorithms) {
      return refused('sha1-signature', false);
    }
    if (!signed) return { kind: 'key-known' };
    const parsed = ssh2.utils.parseKey(Buffer.from(`${known.type} ${known.data}`));
    const publicKey = Array.isArray(parsed) ? parsed[0] : parsed;
    if (publicKey === undefined || publicKey instanceof Error) return refused('unknown-key', true);
    const fits = publicKey.verify(blob, signature, hash);
    if (fits !== true) return refused('wrong-signature', true);
    return { kind: 'accepted', account, by: { method: 'publickey', proof: fingerprint } };
  }

  #closedReason(account: Account | undefined): LoginRefusal | undefined {
    if (account === undefined) return 'unknown-account';
    if (!account.enabled) return 'account-disabled';
    if (!isOpen(account, this.options.clock.now())) return 'account-expired';
    return isAllowed(this.address, account.addresses) ? undefined : 'address-not-allowed';
  }

  #isBanned(): boolean {
    return this.options.penalties.addressBannedUntil(this.address) !== undefined;
  }

  async #refuse(context: AuthContext, verdict: Extract<Verdict, { kind: 'refused' }>): Promise<void> {
    const { penalties, settings, clock, log, meters } = this.options;
    const { reason, counts } = verdict;
    const delayMs = counts || reason === 'banned' ? penalties.delayMs(this.address) : 0;
    this.#failures += 1;
    meters.login(reason);
    log.event('sftp.login.refused', {
      account: context.username.slice(0, 64),
      address: this.address,
      method: context.method,
      reason,
    });
    if (counts) {
      // Who may not come from here at all must not be able to shut those out who may.
      const name = reason === 'address-not-allowed' ? undefined : knownName(context.username);
      for (const ban of penalties.failed(this.address, name)) {
        meters.banned(ban.kind);
        const who = ban.kind === 'address' ? this.address : context.username.slice(0, 64);
        log.event('sftp.banned', {
          kind: ban.kind,
          who,
          minutes: Math.ceil((ban.until - clock.now()) / 60_000),
        });
      }
    }
    await clock.sleep(delayMs);
    if (this.#failures >= settings.limits.triesMax || this.#isBanned()) this.giveUp();
    else context.reject(METHODS);
  }
}

const refused = (reason: LoginRefusal, counts: boolean): Verdict => ({ kind: 'refused', reason, counts });

/** What cannot be an account is looked up all the same, as one that nobody can have: the time must not tell. */
const knownName = (name: string): string => (ACCOUNT_NAME.test(name) ? name : '-');

/** ssh2 knows it (`rsa-sha2-512` → `sha512`), its types do not. */
function hashOf(context: PublicKeyAuthContext): string | undefined {
  return 'hashAlgo' in context && typeof context.hashAlgo === 'string' ? context.hashAlgo : undefined;
}
