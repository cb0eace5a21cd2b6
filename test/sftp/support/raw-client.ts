/** A client that sends whatever packet a test wants, over a real connection. */
import { once } from 'node:events';
import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2';
import { openFlag, replyType, requestType, statusCode } from '../../../src/sftp/wire/constants.js';
import { PASSWORD, type TestServer } from './server.js';

export { openFlag, requestType, statusCode };

export const uint32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0);
  return out;
};
export const uint64 = (value: bigint): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(value);
  return out;
};
export const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
};
export const noAttributes = uint32(0);

export interface Reply {
  readonly type: number;
  readonly body: Buffer;
  /** Of a STATUS, else -1. */
  readonly status: number;
}
export interface Name {
  readonly name: string;
  readonly size: bigint;
}

export async function connect(server: TestServer, config: Partial<ConnectConfig> = {}): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  client.connect({
    host: '127.0.0.1',
    port: server.port,
    username: 'platform',
    ...(config.password === undefined ? { privateKey: server.privateKey } : {}),
    ...config,
  });
  await ready;
  // ssh2 writes a packet in three pieces, each of which would wait for the last one's acknowledgement.
  client.setNoDelay(true);
  return client;
}

export class RawClient {
  #buffer = Buffer.alloc(0);
  #id = 0;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  closed = false;
  readonly #closing: Promise<void>;

  private constructor(
    readonly client: ssh2.Client,
    readonly channel: ClientChannel,
  ) {
    channel.on('data', (data: Buffer) => this.#read(data));
    channel.on('error', () => {});
    client.on('error', () => {});
    this.#closing = new Promise((resolve) => {
      const end = () => {
        this.closed = true;
        for (const answer of this.#waiting.values()) answer({ type: -1, body: Buffer.alloc(0), status: -1 });
        this.#waiting.clear();
        resolve();
      };
      channel.once('close', end);
      client.once('close', end);
    });
  }

  static async open(server: TestServer, config: Partial<ConnectConfig> = {}): Promise<RawClient> {
    const client = await connect(server, config);
    const raw = new RawClient(client, await RawClient.channelOf(client));
    const version = raw.#next(0xffff_ffff);
    raw.sendBytes(Buffer.from([0, 0, 0, 5, requestType.init, 0, 0, 0, 3]));
    await version;
    return raw;
  }

  static channelOf(client: ssh2.Client): Promise<ClientChannel> {
    return new Promise((resolve, reject) =>
      client.subsys('sftp', (error, channel) => (error ? reject(error) : resolve(channel))),
    );
  }

  sendBytes(bytes: Buffer): void {
    this.channel.write(bytes);
  }
  /** Sends a request without waiting. */
  send(type: number, ...parts: Buffer[]): Promise<Reply> {
    const id = ++this.#id;
    const body = Buffer.concat([Buffer.from([type]), uint32(id), ...parts]);
    const reply = this.#next(id);
    this.sendBytes(Buffer.concat([uint32(body.length), body]));
    return reply;
  }
  /** The connection's end, from whichever side. */
  async ended(): Promise<void> {
    await this.#closing;
  }
  /** Cuts the connection without a word. */
  cut(): void {
    this.client.destroy();
  }
  end(): void {
    this.client.end();
  }

  async open(path: string, flags: number): Promise<Buffer> {
    const reply = await this.send(requestType.open, text(path), uint32(flags), noAttributes);
    if (reply.type !== replyType.handle) throw new Error(`OPEN ${path}: status ${reply.status}`);
    return reply.body.subarray(9);
  }
  async openStatus(path: string, flags: number): Promise<number> {
    return (await this.send(requestType.open, text(path), uint32(flags), noAttributes)).status;
  }
  async write(handle: Buffer, offset: number | bigint, data: string | Buffer): Promise<number> {
    const reply = await this.send(requestType.write, text(handle), uint64(BigInt(offset)), text(data));
    return reply.status;
  }
  async read(handle: Buffer, offset: number | bigint, length: number): Promise<Buffer | number> {
    const reply = await this.send(requestType.read, text(handle), uint64(BigInt(offset)), uint32(length));
    return reply.type === replyType.data ? reply.body.subarray(9) : reply.status;
  }
  async close(handle: Buffer): Promise<number> {
    return (await this.send(requestType.close, text(handle))).status;
  }
  /** A status, or the size. */
  async stat(path: string): Promise<{ status: number; size: number; modifiedAt: number }> {
    const { type, body, status } = await this.send(requestType.stat, text(path));
    if (type !== replyType.attributes) return { status, size: -1, modifiedAt: -1 };
    return { status: 0, size: Number(body.readBigUInt64BE(9)), modifiedAt: body.readUInt32BE(25) };
  }
  async one(type: number, ...paths: string[]): Promise<number> {
    return (await this.send(type, ...paths.map(text))).status;
  }
  async extended(name: string, ...parts: Buffer[]): Promise<Reply> {
    return this.send(requestType.extended, text(name), ...parts);
  }
  async put(path: string, data: string | Buffer, flags = 0): Promise<number> {
    const handle = await this.open(path, flags || openFlag.write | openFlag.create | openFlag.truncate);
    await this.write(handle, 0, data);
    return this.close(handle);
  }
  async get(path: string): Promise<string> {
    const handle = await this.open(path, openFlag.read);
    const parts: Buffer[] = [];
    for (let at = 0; ; ) {
      const part = await this.read(handle, at, 32_768);
      if (typeof part === 'number') break;
      parts.push(part);
      at += part.length;
    }
    await this.close(handle);
    return Buffer.concat(parts).toString();
  }
  async list(path: string): Promise<readonly Name[]> {
    const opened = await this.send(requestType.opendir, text(path));
    if (opened.type !== replyType.handle) throw new Error(`OPENDIR ${path}: status ${opened.status}`);
    const handle = opened.body.subarray(9);
    const names: Name[] = [];
    for (;;) {
      const { type, body } = await this.send(requestType.readdir, text(handle));
      if (type !== replyType.name) break;
      names.push(...namesOf(body));
    }
    await this.close(handle);
    return names;
  }

  #next(id: number): Promise<Reply> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #read(data: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    while (this.#buffer.length >= 4) {
      const length = this.#buffer.readUInt32BE(0);
      if (this.#buffer.length < 4 + length) return;
      const body = this.#buffer.subarray(4, 4 + length);
      this.#buffer = this.#buffer.subarray(4 + length);
      const type = body[0] ?? -1;
      const id = type === replyType.version ? 0xffff_ffff : body.readUInt32BE(1);
      const status = type === replyType.status ? body.readUInt32BE(5) : -1;
      this.#waiting.get(id)?.({ type, body, status });
      this.#waiting.delete(id);
    }
  }
}

function namesOf(body: Buffer): Name[] {
  const out: Name[] = [];
  let at = 9;
  for (let left = body.readUInt32BE(5); left > 0; left -= 1) {
    const nameBytes = body.readUInt32BE(at);
    const name = body.toString('utf8', at + 4, at + 4 + nameBytes);
    at += 4 + nameBytes;
    at += 4 + body.readUInt32BE(at) + 4;
    out.push({ name, size: body.readBigUInt64BE(at) });
    at += 20;
  }
  return out;
}

export const withPassword = { password: PASSWORD };
