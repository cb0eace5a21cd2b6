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

  /**
   * Gives the socket to cut, if any: this one when its address has too many; the one that has taken longest when all places are taken,
   * because a peer is done in milliseconds and whoever only holds a place is not. Forgets each by itself when it closes.
   */
  begin(
    raw: Socket,
    limits: HandshakeLimits,
  ): { readonly socket: Socket; readonly address: string } | undefined {
    const address = raw.remoteAddress ?? '';
    const count = this.#byAddress.get(address) ?? 0;
    if (count >= limits.handshakesPerAddress) return { socket: raw, address };
    // In the order of their arrival.
    const [oldest] = this.#pending;
    const cut = oldest !== undefined && this.#pending.size >= limits.handshakes ? oldest : undefined;
    if (cut) this.end(cut[0]);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    this.#pending.set(raw, address);
    raw.once('close', () => this.end(raw));
    return cut && { socket: cut[0], address: cut[1] };
  }

  /** The certificate was shown, or the socket is gone. Gives the address it came from, unless it had ended before. */
  end(raw: Socket): string | undefined {
    const address = this.#pending.get(raw);
    if (address === undefined) return undefined;
    this.#pending.delete(raw);
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
    return address;
  }

  get size(): number {
    return this.#pending.size;
  }
}
