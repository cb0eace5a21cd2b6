/**
 * Buffers for READ replies, used again and again. Memory that comes and goes outside the JavaScript heap makes V8 collect garbage the
 * expensive way: without this a download spent a sixth of its time there (measured, docs/sftp.md).
 */
export class ReplyBuffers {
  readonly #free: Buffer[] = [];
  #bytes = 0;

  constructor(
    private readonly bufferBytes: number,
    private readonly bytesMax: number,
  ) {}

  /** At least `bytes` long. */
  take(bytes: number): Buffer {
    // Short ones come from Node's own pool, and are not worth keeping.
    if (bytes <= this.bufferBytes / 16 || bytes > this.bufferBytes) return Buffer.allocUnsafe(bytes);
    const free = this.#free.pop();
    if (free === undefined) return Buffer.allocUnsafeSlow(this.bufferBytes);
    this.#bytes -= free.length;
    return free;
  }

  /** Gives back what {@link take} gave; nobody else may hold it or a part of it. */
  give(buffer: Buffer): void {
    if (buffer.length !== this.bufferBytes || this.#bytes + buffer.length > this.bytesMax) return;
    this.#free.push(buffer);
    this.#bytes += buffer.length;
  }
}
