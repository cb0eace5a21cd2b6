import { connect } from 'node:tls';
import { type Clock, systemClock } from '../../clock.js';
import type { Target } from './client.js';

/** How a server speaks, and as whom. */
export interface Greeting {
  readonly protocol: string;
  readonly cipher: string;
  readonly subject: string;
  /** As OpenSSL writes it. */
  readonly validTo: string;
  readonly sha256: string;
}
/** One handshake and no request; `undefined` where none is reached. */
export function greet(target: Target, clock: Clock = systemClock): Promise<Greeting | undefined> {
  return new Promise((resolve) => {
    const { host, port, context } = target;
    const socket = connect({ host, port, secureContext: context, checkServerIdentity: () => undefined });
    const cancel = clock.after(target.timeoutMs, () => finish(undefined));
    const finish = (greeting: Greeting | undefined) => {
      cancel();
      socket.destroy();
      resolve(greeting);
    };
    socket.once('error', () => finish(undefined));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      finish({
        protocol: socket.getProtocol() ?? '',
        cipher: socket.getCipher().standardName,
        subject: certificate?.subject.replaceAll('\n', ', ') ?? '',
        validTo: certificate?.validTo ?? '',
        sha256: certificate?.fingerprint256 ?? '',
      });
    });
  });
}
