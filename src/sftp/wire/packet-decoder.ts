import { HANDLE_BYTES, PACKET_BYTES_MAX, requestType } from './constants.js';

/**
 * ```
 * uint32 length │ byte type │ length − 1 bytes
 * ```
 * `body` begins with the type. The data of a WRITE stays in the pieces it came in (`data`), so that up to 255 KiB go from the
 * decrypted packets to `writev` without being copied.
 */
export interface Packet {
  readonly body: Buffer;
  readonly data: readonly Buffer[] | undefined;
}
export type Decoded =
  | { readonly kind: 'packet'; readonly packet: Packet }
  | { readonly kind: 'incomplete' }
  /** The stream has lost its frame: nothing after this can be read. */
  | { readonly kind: 'lost'; readonly detail: string };

/** type, id, handle with its length, offset, length of the data. */
const WRITE_HEAD_BYTES = 1 + 4 + 4 + HANDLE_BYTES + 8 + 4;
/** More pieces than this are copied into one buffer: a kept piece of one byte would cost some 200 bytes of memory. */
const PIECES_MAX = 24;
const incomplete: Decoded = { kind: 'incomplete' };

/** Cuts the stream of one channel into packets. No timers, no I/O; holds at most one packet and what came in the same pieces. */
export class PacketDecoder {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #lost: Decoded | undefined;

  push(piece: Buffer): void {
    if (piece.length === 0 || this.#lost) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#pieces.length > PIECES_MAX) this.#join();
  }

  /** Bytes held and not yet given out. */
  get pending(): number {
    return this.#bytes;
  }

  next(): Decoded {
    if (this.#lost) return this.#lost;
    if (this.#bytes < 4) return incomplete;
    const length = this.#peekUint32();
    if (length < 1 || length > PACKET_BYTES_MAX) {
      this.#lost = { kind: 'lost', detail: `packet of ${length} bytes` };
      this.#pieces = [];
      this.#bytes = 0;
      return this.#lost;
    }
    if (this.#bytes < 4 + length) return incomplete;
    this.#take(4);
    return { kind: 'packet', packet: this.#packet(length) };
  }

  #packet(length: number): Packet {
    const first = this.#pieces[0];
    const isWrite = first?.[0] === requestType.write;
    if (!isWrite || length < WRITE_HEAD_BYTES) return { body: this.#take(length), data: undefined };
    const body = this.#take(WRITE_HEAD_BYTES);
    if (body.readUInt32BE(5) !== HANDLE_BYTES) {
      return { body: Buffer.concat([body, this.#take(length - WRITE_HEAD_BYTES)]), data: undefined };
    }
    return { body, data: this.#takePieces(length - WRITE_HEAD_BYTES) };
  }

  #peekUint32(): number {
    const first = this.#pieces[0];
    if (first !== undefined && first.length >= 4) return first.readUInt32BE(0);
    this.#join();
    return this.#pieces[0]?.readUInt32BE(0) ?? 0;
  }

  /** One contiguous buffer; copies only where the bytes lie in several pieces. */
  #take(bytes: number): Buffer {
    const pieces = this.#takePieces(bytes);
    const [only] = pieces;
    return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces, bytes);
  }

  #takePieces(bytes: number): Buffer[] {
    const taken: Buffer[] = [];
    let missing = bytes;
    let index = 0;
    while (missing > 0) {
      const piece = this.#pieces[index];
      if (piece === undefined) break;
      if (piece.length <= missing) {
        taken.push(piece);
        missing -= piece.length;
        index += 1;
      } else {
        taken.push(piece.subarray(0, missing));
        this.#pieces[index] = piece.subarray(missing);
        missing = 0;
      }
    }
    this.#pieces.splice(0, index);
    this.#bytes -= bytes;
    return taken;
  }

  // A packet sent byte by byte is copied once per PIECES_MAX bytes; decrypting so many SSH packets costs ten times as much.
  #join(): void {
    this.#pieces = [Buffer.concat(this.#pieces, this.#bytes)];
  }
}
