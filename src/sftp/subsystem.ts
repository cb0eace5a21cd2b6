import type { Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { messageOf } from '../errors.js';
import type { AccountFiles } from './account-files.js';
import { Handles } from './handles.js';
import type { SftpMeters } from './meters.js';
import { answer, type OperationContext, type OrderedRequest } from './operations.js';
import { Outbox } from './outbox.js';
import { refusalOf } from './refused.js';
import { type Transfer, transfer, transferBytes } from './transfers.js';
import { type Packet, PacketDecoder } from './wire/packet-decoder.js';
import { DATA_HEAD_BYTES, statusReply, versionReply } from './wire/reply.js';
import { type Request, readInit, readRequest } from './wire/request.js';

/** Unanswered requests of one session; clients have at most 64 to 256 under way. */
const REQUESTS_MAX = 512;
/** Memory for their data. */
const WORK_BYTES_MAX = 8 * 1024 * 1024;
/** Answers that the client has not taken yet. Beyond this no request is read, so a client that never reads costs this and no more. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;

/** A READ that waits until those before it are answered. */
interface Turn {
  readonly bytes: number;
  reply: Buffer | undefined;
  buffer: Buffer | undefined;
}

export interface SubsystemOptions {
  readonly channel: ServerChannel;
  /** The connection's socket: several encrypted pieces go out with one system call, and what it has not sent counts. */
  readonly socket: Socket;
  readonly files: AccountFiles;
  readonly handlesMax: number;
  /** Each request is a sign that the client is there. */
  readonly touched: () => void;
  readonly meters: Pick<SftpMeters, 'received' | 'sent'>;
  readonly finished: OperationContext['finished'];
  /** Something failed that is not the client's doing. */
  readonly fault: (request: Request['kind'] | 'stream', detail: string) => void;
  readonly ended: () => void;
}

/**
 * One SFTP session on one channel: packets in, replies out. ssh2 has an SFTP server of its own; this one exists because that cannot
 * announce extensions (so OpenSSH would never use posix-rename or fsync), reads on however much is unanswered, and knows names
 * only after bytes that are no text have been replaced.
 */
export class Subsystem {
  readonly #decoder = new PacketDecoder();
  readonly #handles: Handles;
  readonly #reads: Turn[] = [];
  readonly #context: OperationContext;
  #greeted = false;
  #reading = false;
  #lost = false;
  #requests = 0;
  #workBytes = 0;
  readonly #outbox: Outbox;
  #ordered: Promise<void> = Promise.resolve();
  #clientEnded = false;
  #closed = false;

  constructor(private readonly options: SubsystemOptions) {
    const { channel, socket, files, handlesMax, finished } = options;
    this.#handles = new Handles(handlesMax);
    this.#outbox = new Outbox(channel, socket, () => {
      if (this.#clientEnded) this.#endIfDone();
    });
    this.#context = { files, handles: this.#handles, handlesMax, finished };
    channel.on('data', (data: Buffer) => {
      this.#decoder.push(data);
      this.#read();
    });
    channel.on('end', () => {
      this.#clientEnded = true;
      this.#endIfDone();
    });
    channel.on('error', () => {});
    channel.once('close', () => void this.#close());
    const drained = () => this.#read();
    channel.on('drain', drained);
    socket.on('drain', drained);
    channel.once('close', () => socket.off('drain', drained));
  }

  /** Whether nothing is open and nothing unanswered. */
  get isIdle(): boolean {
    return this.#requests === 0 && this.#handles.size === 0;
  }

  /** Ends the session; uploads that were not closed stay unfinished. */
  end(): void {
    this.options.channel.close();
  }

  #isFull(): boolean {
    const { channel, socket } = this.options;
    const unsent = this.#outbox.bytes + channel.writableLength + socket.writableLength;
    return this.#requests >= REQUESTS_MAX || this.#workBytes >= WORK_BYTES_MAX || unsent >= UNSENT_BYTES_MAX;
  }

  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#readAll();
    this.#reading = false;
  }

  #readAll(): void {
    const { channel } = this.options;
    while (!this.#closed && !this.#lost) {
      if (this.#isFull()) {
        channel.pause();
        return;
      }
      const decoded = this.#decoder.next();
      if (decoded.kind === 'incomplete') break;
      if (decoded.kind === 'lost') this.#giveUp(decoded.detail);
      else if (this.#greeted) this.#take(readRequest(decoded.packet));
      else this.#greet(decoded.packet);
    }
    if (channel.isPaused()) channel.resume();
    this.#endIfDone();
  }

  #greet(packet: Packet): void {
    if (readInit(packet) === undefined) {
      this.#giveUp('the client did not begin with its version');
      return;
    }
    this.#greeted = true;
    this.#outbox.send(versionReply());
  }

  #giveUp(detail: string): void {
    this.#lost = true;
    this.options.fault('stream', detail);
    this.end();
  }

  #take(request: Request): void {
    this.options.touched();
    this.#requests += 1;
    if (request.kind === 'read' || request.kind === 'write') this.#transfer(request);
    else this.#ordered = this.#ordered.then(() => this.#answer(request));
  }

  // READs run beside each other, but are answered in the order in which they were asked: the draft allows any order, and OpenSSH's scp
  // cuts a file off at the first answer that comes before its turn (found by the interop test).
  #transfer(request: Transfer): void {
    const bytes = transferBytes(request);
    this.#workBytes += bytes;
    const turn: Turn = { bytes, reply: undefined, buffer: undefined };
    if (request.kind === 'read') this.#reads.push(turn);
    transfer(request, this.#handles.get(request.handle), (error, reply, buffer) => {
      turn.reply = reply ?? this.#refusal(request, error);
      turn.buffer = buffer;
      if (request.kind === 'read') {
        if (buffer && reply) this.options.meters.sent(reply.length - DATA_HEAD_BYTES);
        this.#answerReads();
        return;
      }
      if (!error) this.options.meters.received(bytes);
      this.#finish(turn, turn.reply);
    });
  }

  #answerReads(): void {
    for (let turn = this.#reads[0]; turn?.reply; turn = this.#reads[0]) {
      this.#reads.shift();
      this.#finish(turn, turn.reply);
    }
  }

  #finish(turn: Turn, reply: Buffer): void {
    this.#workBytes -= turn.bytes;
    this.#done(reply, turn.buffer);
  }

  // One after the other: a client may send CLOSE and RENAME without waiting between them.
  async #answer(request: OrderedRequest): Promise<void> {
    // What was received is done, even where the client is gone meanwhile: it may have said CLOSE as its last word.
    try {
      this.#done(await answer(request, this.#context));
    } catch (error) {
      this.#done(this.#refusal(request, error));
    }
  }

  #refusal(request: Request, error: unknown): Buffer {
    const { status, detail, ours } = refusalOf(error);
    if (ours) this.options.fault(request.kind, messageOf(error));
    return statusReply(request.id, status, detail);
  }

  #done(reply: Buffer, buffer?: Buffer): void {
    this.#requests -= 1;
    if (this.#closed) return;
    this.#outbox.send(reply, buffer);
    if (this.options.channel.isPaused()) this.#read();
    else this.#endIfDone();
  }

  // The client has said that no more requests come: the last answers still go out.
  #endIfDone(): void {
    if (!this.#clientEnded || this.#closed || this.#requests > 0 || !this.#outbox.isEmpty) return;
    const { channel } = this.options;
    channel.exit(0);
    channel.end();
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#outbox.close();
    await this.#ordered;
    await this.#handles.closeAll(this.options.files);
    await this.options.files.close().catch((error: unknown) => {
      this.options.fault('close', messageOf(error));
    });
    this.options.ended();
  }
}
