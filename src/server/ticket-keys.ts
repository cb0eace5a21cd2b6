/*
  Keys of TLS session tickets: the same in all processes of a gateway, kept over reloads, replaced every hour and then forgotten, so that
  what was recorded cannot be read later with a key that is found. They are never written anywhere. A session of an older key, or of
  another node, gets a full handshake.
*/
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.js';

/** Name, HMAC key and AES key, as OpenSSL wants them. */
const KEY_BYTES = 48;
const ROTATE_MS = 3_600_000;
/** How long a session may be resumed; a key does not live longer anyway. */
export const SESSION_S = ROTATE_MS / 1000;

export interface TicketKeys {
  current(): Buffer;
  /** Called with each new key until the function that it gives is called. */
  watch(changed: (key: Buffer) => void): () => void;
}

/** A key that somebody else replaces: the first process of several. */
export function heldTicketKeys() {
  let key: Buffer = randomBytes(KEY_BYTES);
  const watchers = new Set<(key: Buffer) => void>();
  return {
    current: () => key,
    watch(changed: (key: Buffer) => void) {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    replace(next: Buffer) {
      key = next;
      for (const changed of watchers) changed(next);
    },
  };
}

/** Keys that this process makes. */
export function rotatingTicketKeys(clock: Clock): TicketKeys & { close(): void } {
  const keys = heldTicketKeys();
  return { ...keys, close: clock.every(ROTATE_MS, () => keys.replace(randomBytes(KEY_BYTES))) };
}
