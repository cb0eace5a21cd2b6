/** A TCP proxy that does to a connection what networks do. Seeded: the same seed slices and delays alike. */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export type Direction = 'request' | 'answer';
/** What happens to the bytes that a rule meets, and to their connection. */
export type Fault =
  /** The bytes are lost, both sides see a reset. */
  | 'reset'
  /** The bytes arrive; the answer to them is lost, and the client sees a reset once the server has answered. */
  | 'reset-after-answer'
  /** From these bytes on nothing arrives any more in either direction; the connection stays open. */
  | 'swallow'
  /** The bytes arrive; nothing comes back any more; the connection stays open. */
  | 'swallow-answer'
  /** The bytes arrive twice. */
  | 'duplicate'
  /** One byte of them is changed. */
  | 'corrupt';
interface Rule {
  readonly meets: (chunk: Buffer, direction: Direction) => boolean;
  readonly fault: Fault;
}

export class FaultProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #silenced = new Set<Socket>();
  #rules: Rule[] = [];
  #random: () => number;
  /** Each chunk waits this long, give or take half. */
  latencyMs = 0;
  /** Cuts each chunk into pieces of 1 to this many bytes; 0 = leaves it whole. */
  sliceBytes = 0;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** New connections are reset at once. */
  refusing = false;
  /** New connections are taken and never answered. */
  silent = false;

  private constructor(
    readonly target: { readonly host: string; readonly port: number },
    readonly seed: number,
  ) {
    this.#random = mulberry(seed);
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  static async open(target: { host: string; port: number }, seed = 1): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, seed);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  get connections(): number {
    return this.#pairs.size;
  }

  /** The next request that contains the text meets the fault; once. */
  onText(text: string, fault: Fault): void {
    this.#rules.push({ meets: (chunk, direction) => direction === 'request' && chunk.includes(text), fault });
  }
  /** The n-th chunk from now in this direction (over all connections) meets the fault; once. */
  onChunk(n: number, fault: Fault, direction: Direction = 'request'): void {
    let seen = 0;
    this.#rules.push({ meets: (_, way) => way === direction && ++seen === n, fault });
  }
  /** True when all rules have been met. */
  get spent(): boolean {
    return this.#rules.length === 0;
  }
  /** Takes back every rule and setting; connections that were silenced stay so. */
  heal(): void {
    this.#rules = [];
    this.latencyMs = 0;
    this.sliceBytes = 0;
    this.bytesPerSecond = Number.POSITIVE_INFINITY;
    this.refusing = false;
    this.silent = false;
  }
  /** Resets every open connection now: a restarted server, a firewall that lost its table. */
  resetAll(): void {
    for (const pair of this.#pairs) pair.reset();
  }
  /** From now on nothing passes on any open connection, and nobody is told. */
  swallowAll(): void {
    for (const pair of this.#pairs) pair.mute.request = pair.mute.answer = true;
  }
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.resetAll();
    for (const client of this.#silenced) client.destroy();
    await closed;
  }

  /** For the pair: what becomes of a chunk, and when it may go on. */
  judge(chunk: Buffer, direction: Direction): Fault | undefined {
    const at = this.#rules.findIndex((rule) => rule.meets(chunk, direction));
    if (at < 0) return undefined;
    return this.#rules.splice(at, 1)[0]?.fault;
  }
  delayMs(bytes: number): number {
    const wait = this.latencyMs === 0 ? 0 : this.latencyMs * (0.5 + this.#random());
    return wait + (bytes / this.bytesPerSecond) * 1000;
  }
  slices(chunk: Buffer): Buffer[] {
    if (this.sliceBytes === 0) return [chunk];
    const out: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      const size = 1 + Math.floor(this.#random() * this.sliceBytes);
      out.push(chunk.subarray(at, at + size));
      at += size;
    }
    return out;
  }
  corrupted(chunk: Buffer): Buffer {
    const copy = Buffer.from(chunk);
    const at = Math.floor(this.#random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ 0xff;
    return copy;
  }

  #accept(client: Socket): void {
    client.on('error', () => {});
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    if (this.silent) {
      this.#silenced.add(client);
      return;
    }
    const server = connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    const pair = new Pair(this, client, server);
    this.#pairs.add(pair);
    client.once('close', () => this.#pairs.delete(pair));
  }
}

class Pair {
  readonly mute = { request: false, answer: false };
  #resetOnAnswer = false;
  constructor(
    readonly proxy: FaultProxy,
    readonly client: Socket,
    readonly server: Socket,
  ) {
    client.setNoDelay(true);
    this.#pipe(client, server, 'request');
    this.#pipe(server, client, 'answer');
  }
  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  #pipe(from: Socket, to: Socket, direction: Direction): void {
    // One chunk after the other, so that delays keep the order.
    let last: Promise<void> = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      from.pause();
      last = last.then(async () => {
        await this.#forward(chunk, to, direction);
        from.resume();
      });
    });
    from.on('end', () => {
      last = last.then(() => {
        if (!this.mute[direction]) to.end();
      });
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      last = last.then(() => {
        if (!this.mute[direction]) to.destroy();
      });
    });
  }

  async #forward(chunk: Buffer, to: Socket, direction: Direction): Promise<void> {
    if (this.mute[direction]) return;
    if (direction === 'answer' && this.#resetOnAnswer) {
      this.reset();
      return;
    }
    const fault = this.proxy.judge(chunk, direction);
    switch (fault) {
      case 'reset':
        this.reset();
        return;
      case 'swallow':
        this.mute.request = this.mute.answer = true;
        return;
      case 'swallow-answer':
        this.mute.answer = true;
        break;
      case 'reset-after-answer':
        this.#resetOnAnswer = true;
        break;
      case 'duplicate':
        to.write(chunk);
        break;
      case 'corrupt':
        to.write(this.proxy.corrupted(chunk));
        return;
      case undefined:
        break;
      default:
        throw fault satisfies never;
    }
    for (const slice of this.proxy.slices(chunk)) {
      const wait = this.proxy.delayMs(slice.length);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (!to.destroyed) to.write(slice);
      // Two slices written in one turn would leave as one.
      if (slice !== chunk) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A small generator with a seed (mulberry32). */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
