import type { Socket } from 'node:net';
import ssh2, { type Connection as SshConnection } from 'ssh2';
import type { Moment } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Account } from './account.js';
import { AccountFiles, type AccountState } from './account-files.js';
import { offerFor } from './algorithms.js';
import { identify } from './identification.js';
import { Login } from './login.js';
import { pathText } from './path.js';
import type { LoggedInBy, ServerContext } from './server-context.js';
import { Subsystem } from './subsystem.js';

/** What we call ourselves: no version, which would only help those who look for old ones. */
const SOFTWARE = 'Sluice';
/** An exchange of new keys that takes longer is one that the other side does not do. */
const REKEY_MS_MAX = 60_000;

/** One client's connection, from its first byte to its last. */
export class Connection {
  readonly id: string;
  readonly startedAt: Moment;
  #lastRequestAt: Moment;
  #account: Account | undefined;
  #loggedInBy: LoggedInBy | undefined;
  #software = '';
  #client: SshConnection | undefined;
  #sessions = 0;
  readonly #channels = new Set<Subsystem>();
  #keysAt: { moment: Moment; bytes: number };
  #rekeyingSince: Moment | undefined;
  #endReason = 'client';
  #ended = false;

  constructor(
    private readonly socket: Socket,
    readonly address: string,
    private readonly context: ServerContext,
  ) {
    this.id = context.ids.uuid();
    this.startedAt = context.clock.now();
    this.#lastRequestAt = this.startedAt;
    this.#keysAt = { moment: this.startedAt, bytes: 0 };
    const { settings, clock } = context;
    const stopGrace = clock.after(settings.limits.loginGraceMs, () => {
      if (this.#account === undefined) this.end('login-grace');
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      stopGrace();
      this.#ended = true;
      if (this.#account) context.loggedOut(this);
      context.closed(this, this.#endReason);
    });
  }

  get account(): Account | undefined {
    return this.#account;
  }
  get loggedInBy(): LoggedInBy | undefined {
    return this.#loggedInBy;
  }
  get software(): string {
    return this.#software;
  }
  get isEnded(): boolean {
    return this.#ended;
  }

  /** Speaks SSH until the connection ends. */
  async run(): Promise<void> {
    const software = await identify(this.socket, SOFTWARE);
    if (software === undefined || this.#ended) return this.end('not-ssh');
    this.#software = software.slice(0, 100);
    const { settings, hostKeys } = this.context;
    const { algorithms, hostKeys: offered } = offerFor(software, settings, hostKeys);
    const server = new ssh2.Server(
      {
        hostKeys: [...offered],
        algorithms,
        ident: SOFTWARE,
        keepaliveInterval: settings.limits.keepaliveMs,
        keepaliveCountMax: 3,
      },
      (client) => this.#begin(client),
    );
    server.injectSocket(this.socket);
    sendTogether(this.socket);
  }

  #begin(client: SshConnection): void {
    this.#client = client;
    const login = new Login(
      this.context,
      this.address,
      (account, by) => this.#accept(account, by),
      () => this.end('login-failed'),
    );
    client.on('error', (error: Error) => {
      if (!this.#ended) this.#endReason = `protocol: ${messageOf(error)}`;
    });
    client.on('authentication', (attempt) => {
      void login.handle(attempt).catch(() => this.end('login-failed'));
    });
    client.on('rekey', () => {
      this.#rekeyingSince = undefined;
      this.#keysAt = { moment: this.context.clock.now(), bytes: this.#bytes };
    });
    client.on('session', (accept, reject) => {
      const { channelsPerConnectionMax } = this.context.settings.limits;
      if (this.#sessions >= channelsPerConnectionMax) return reject();
      this.#sessions += 1;
      const session = accept();
      session.once('close', () => {
        this.#sessions -= 1;
      });
      session.on('subsystem', (acceptChannel, rejectChannel, { name }) => {
        if (name === 'sftp') void this.#openSubsystem(acceptChannel);
        else rejectChannel?.();
      });
    });
  }

  async #accept(account: Account, by: LoggedInBy): Promise<boolean> {
    if (this.#ended || !(await this.context.loggedIn(this, account, by))) return false;
    this.#account = account;
    this.#loggedInBy = by;
    this.#lastRequestAt = this.context.clock.now();
    return true;
  }

  async #openSubsystem(accept: () => ssh2.ServerChannel): Promise<void> {
    const account = this.#account;
    if (account === undefined) return;
    const { context } = this;
    const channel = accept();
    const state: AccountState = context.stateOf(account.name);
    try {
      const files = await AccountFiles.open({
        root: context.root,
        account: () => this.#account ?? account,
        state,
        rules: context.settings,
        calls: context.calls,
        fileBytesMax: context.settings.limits.fileBytesMax,
      });
      const subsystem: Subsystem = new Subsystem({
        channel,
        socket: this.socket,
        files,
        handlesMax: context.settings.limits.handlesMax,
        touched: () => {
          this.#lastRequestAt = context.clock.now();
        },
        meters: context.meters,
        finished: (names, end, bytes) => {
          context.meters.uploaded(end);
          const path = pathText(names);
          context.log.event('sftp.upload.done', { account: account.name, path, bytes, end });
          if (end === 'published') context.published({ account: account.name, unit: account.unit, path });
        },
        fault: (what, detail) =>
          context.log.event('sftp.fault', { account: account.name, address: this.address, what, detail }),
        ended: () => this.#channels.delete(subsystem),
      });
      this.#channels.add(subsystem);
    } catch (error) {
      context.log.event('sftp.fault', { account: account.name, what: 'tree', detail: messageOf(error) });
      channel.close();
    }
  }

  get #bytes(): number {
    return this.socket.bytesRead + this.socket.bytesWritten;
  }

  /** Once a second: what has gone on for too long ends, and old keys are exchanged for new ones. */
  tick(now: Moment): void {
    if (this.#account === undefined) return;
    const { limits } = this.context.settings;
    if (now - this.#lastRequestAt > limits.idleMs) this.end('idle');
    if (this.#ended) return;
    if (this.#rekeyingSince !== undefined) {
      if (now - this.#rekeyingSince > REKEY_MS_MAX) this.end('rekey-unanswered');
      return;
    }
    const isOld = now - this.#keysAt.moment > limits.rekeyMs;
    if (!isOld && this.#bytes - this.#keysAt.bytes < limits.rekeyBytes) return;
    this.#rekeyingSince = now;
    this.#client?.rekey();
  }

  /** The account as it is stored now: new rights hold at once. */
  renew(account: Account): void {
    this.#account = account;
  }

  /** Whether nothing is being transferred on it. */
  get isIdle(): boolean {
    return [...this.#channels].every((channel) => channel.isIdle);
  }

  end(reason: string): void {
    if (this.#ended) return;
    this.#endReason = reason;
    // A word of farewell if the client listens, and the end in any case.
    this.#client?.end();
    this.socket.destroySoon();
    this.context.clock.after(1_000, () => this.socket.destroy());
  }
}

/** ssh2 writes each packet in three or four pieces; what one piece of input leads to then goes out with one system call. */
function sendTogether(socket: Socket): void {
  socket.prependListener('data', () => {
    socket.cork();
    process.nextTick(() => socket.uncork());
  });
}
