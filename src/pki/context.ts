/** Giving a TLS listener its trust: Node drops one option that pinning needs, so the context is put in by hand. */
import tls from 'node:tls';
import type { TrustContext } from './trust.js';

/** What belongs to the listener rather than to trust; the same at every reload, or resumption breaks. */
export interface ListenerTls {
  /** The same after every reload: sessions are bound to it. */
  readonly sessionIdContext: string;
  /** 48 bytes; without them every context has keys of its own, and no session outlives it. */
  readonly ticketKeys?: Buffer;
  /** Seconds. */
  readonly sessionTimeout?: number;
}

/**
 * Makes the listener use this trust for new handshakes; running connections stay as they are.
 *
 * `server.setSecureContext` (Node 26 and before) hands on a fixed list of options in which `allowPartialTrustChain` is missing: a pinned
 * certificate that was issued by a CA we do not have would be refused. So the context is made once more with all options and put where
 * the listener looks for it. Should a later Node look elsewhere, such peers are refused, never let in; a test would show it.
 */
export function useTrust(server: tls.Server, trust: TrustContext, listener: ListenerTls): void {
  const options = { ...trust, ...listener, honorCipherOrder: true };
  server.setSecureContext(options);
  Reflect.set(server, '_sharedCreds', tls.createSecureContext(options));
}
