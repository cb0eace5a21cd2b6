import type { PeerDialect } from '../protocol/dialect.js';

/** The owner of one certificate, as far as a connection needs to know it (spec "Connection"). */
export interface Peer {
  readonly name: string;
  /** Ids of the clearing units it may act for; asking for another gets 0001. */
  readonly units: ReadonlySet<string>;
  readonly dialect: PeerDialect;
}
