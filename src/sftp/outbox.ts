import type { Socket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { giveBack } from './transfers.js';

/** Answers shorter than this are copied together into one SSH packet. */
const SMALL_BYTES = 4 * 1024;

/** The answers of one SFTP session on their way out: those of one round of the event loop leave together, in order. */
export class Outbox {
  #unsent: { readonly reply: Buffer; readonly buffer: Buffer | undefined }[] = [];
  #bytes = 0;
  #flushing = false;
  #closed = false;

  constructor(
    private readonly channel: ServerChannel,
    private readonly socket: Socket,
    /** Called when everything was handed on. */
    private readonly flushed: () => void,
  ) {}

  /** Of answers that were not handed on yet. */
  get bytes(): number {
    return this.#bytes;
  }
  get isEmpty(): boolean {
    return this.#unsent.length === 0;
  }

  /** @param buffer what the reply lies in, to be given back when it is sent */
  send(reply: Buffer, buffer?: Buffer): void {
    this.#unsent.push({ reply, buffer });
    this.#bytes += reply.length;
    if (this.#flushing) return;
    this.#flushing = true;
    // After the other callbacks of this round of the event loop, whose replies then go out together.
    setImmediate(() => this.#flush());
  }

  /** Nothing is sent from now on. */
  close(): void {
    this.#closed = true;
  }

  #flush(): void {
    this.#flushing = false;
    const { channel, socket } = this;
    const replies = this.#unsent;
    this.#unsent = [];
    this.#bytes = 0;
    if (this.#closed || !channel.writable) return;
    socket.cork();
    let small: Buffer[] = [];
    const writeSmall = () => {
      if (small.length > 0) channel.write(Buffer.concat(small));
      small = [];
    };
    for (const { reply, buffer } of replies) {
      if (buffer === undefined && reply.length < SMALL_BYTES) small.push(reply);
      else {
        writeSmall();
        // ssh2 has copied it into its packets when it calls back.
        channel.write(reply, () => buffer && giveBack(buffer));
      }
    }
    writeSmall();
    socket.uncork();
    this.flushed();
  }
}
