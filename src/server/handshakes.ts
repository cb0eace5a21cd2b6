/* Who has connected and not yet shown a certificate. Strangers must not fill the house, and one address not the door. */
import type { Socket } from 'node:net';

export interface HandshakeLimits {
  /** Handshakes at once from one address. */
  readonly handshakesPerAddress: number;
  /** Handshakes at once in all. */
  readonly handshakes: number;
}

export class Handshakes {
  readonly #byAddress = new Map<string, number>();
  readonly #pending = new Map<Socket, string>();

  /** False: too many, and the socket is to be cut. Forgets it by itself when it closes. */
  begin(raw: Socket, limits: HandshakeLimits): boolean {
    const address = raw.remoteAddress ?? '';
    const count = this.#byAddress.get(address) ?? 0;
    if (count >= limits.handshakesPerAddress || this.#pending.size >= limits.handshakes) return false;
    this.#byAddress.set(address, count + 1);
    this.#pending.set(raw, address);
    raw.once('close', () => this.end(raw));
    return true;
  }

  /** The certificate was shown, or the socket is gone. */
  end(raw: Socket): void {
    const address = this.#pending.get(raw);
    if (address === undefined) return;
    this.#pending.delete(raw);
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }

  get size(): number {
    return this.#pending.size;
  }
}
