/* The TLS listener for the platform: who may connect, how many, and how it stops. */
import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';
import { codeOf, messageOf, OperatorError } from '../errors.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { handshakeRefusal, useTrust } from '../pki/index.js';
import { type Answerer, type Connection, serveConnection } from './connection.js';
import type { ServerLimits, ServerSettings } from './settings.js';
import type { Trust } from './trust.js';

export interface ListenerParts {
  readonly settings: ServerSettings;
  readonly trust: Trust;
  readonly answer: Answerer;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}
export interface Listener {
  readonly port: number;
  /** New handshakes use the new certificates; running connections go on. */
  setTrust(trust: Trust): void;
  /** For new connections; the time for handshakes stays as it was at the start. */
  setLimits(limits: ServerLimits): void;
  /** Stops accepting, lets accepted requests be answered, cuts what is left after `drainMs`. */
  drain(): Promise<void>;
  /** Cuts everything now. */
  destroy(): void;
  connections(): number;
}

/** Sessions are bound to it: the same on all nodes and after every reload. */
const LISTENER_TLS = { sessionIdContext: 'sluice' } as const;

/** @throws {OperatorError} `port-taken`, `address-unusable`, `certificate-unusable` */
export async function listen(parts: ListenerParts): Promise<Listener> {
  const { settings, clock, log, metrics } = parts;
  let { limits } = settings;
  let { trust } = parts;
  const open = new Map<Connection, string>();
  const perPeer = new Map<string, number>();
  const raws = new Set<Socket>();
  let draining = false;
  let idle: (() => void) | undefined;

  const server = makeServer();
  server.maxConnections = limits.connections;
  server.on('drop', (drop) => refused(drop?.remoteAddress, 'too-many-connections'));
  // Asked for now, because a refused handshake no longer knows where it came from (pitfall).
  server.prependListener('connection', (raw) => {
    void raw.remoteAddress;
    raws.add(raw);
    raw.once('close', () => {
      raws.delete(raw);
      if (raws.size === 0) idle?.();
    });
  });
  server.on('tlsClientError', (error, socket) =>
    refused(addressOf(socket), handshakeRefusal(error, socket.authorizationError)),
  );
  server.on('secureConnection', admit);

  function makeServer() {
    const made = createServer({
      requestCert: true,
      rejectUnauthorized: true,
      allowHalfOpen: true,
      handshakeTimeout: limits.handshakeMs,
      noDelay: true,
    });
    try {
      useTrust(made, trust.certificates.context, LISTENER_TLS);
    } catch (error) {
      throw new OperatorError(
        'certificate-unusable',
        `the server certificate or key cannot be used: ${messageOf(error)}`,
        "Look at it with 'sluice certs check'; key and certificate must belong together.",
        { cause: error },
      );
    }
    return made;
  }
  function refused(address: string | undefined, reason: string): void {
    metrics.connectionsRefused.inc({ reason });
    log.event('connection.refused', { address: address ?? 'unknown', reason });
  }

  function admit(socket: TLSSocket): void {
    const address = addressOf(socket) ?? 'unknown';
    const refuse = (reason: string) => {
      refused(address, reason);
      socket.on('error', () => {});
      socket.destroy();
    };
    const peer = trust.identify(socket);
    if ('refused' in peer) {
      refuse(peer.refused);
      return;
    }
    const count = perPeer.get(peer.name) ?? 0;
    if (count >= limits.connectionsPerPeer) {
      refuse('too-many-connections-of-peer');
      return;
    }
    perPeer.set(peer.name, count + 1);
    const connection = serveConnection(socket, peer, address, {
      answer: parts.answer,
      limits,
      clock,
      ended(how, detail) {
        open.delete(connection);
        perPeer.set(peer.name, (perPeer.get(peer.name) ?? 1) - 1);
        metrics.connectionsEnded.inc({ how });
        if (how !== 'answered' && how !== 'peer-closed' && how !== 'drained') {
          log.event('connection.fault', { address, peer: peer.name, how, detail });
        }
      },
    });
    open.set(connection, peer.name);
    if (draining) connection.drain();
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, settings)));
    server.listen(settings.port, settings.host, resolve);
  });
  server.on('error', (error) => log.event('listener.fault', { code: codeOf(error), reason: error.message }));
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : settings.port,
    setTrust(next) {
      useTrust(server, next.certificates.context, LISTENER_TLS);
      trust = next;
    },
    setLimits(next) {
      limits = next;
      server.maxConnections = next.connections;
    },
    connections: () => open.size,
    async drain() {
      draining = true;
      server.close();
      for (const connection of open.keys()) connection.drain();
      if (raws.size === 0) return;
      await new Promise<void>((resolve) => {
        idle = resolve;
        clock.after(limits.drainMs, resolve);
      });
      for (const raw of raws) raw.destroy();
    },
    destroy() {
      server.close();
      for (const raw of raws) raw.destroy();
    },
  };
}

/** A TLS socket whose handshake failed has lost its handle; the plain socket below it still knows the address. */
function addressOf(socket: TLSSocket): string | undefined {
  if (socket.remoteAddress !== undefined) return socket.remoteAddress;
  const below = '_parent' in socket ? socket._parent : undefined;
  return typeof below === 'object' &&
    below !== null &&
    'remoteAddress' in below &&
    typeof below.remoteAddress === 'string'
    ? below.remoteAddress
    : undefined;
}

function listenError(error: NodeJS.ErrnoException, { host, port }: ServerSettings): OperatorError {
  return error.code === 'EADDRINUSE'
    ? new OperatorError(
        'port-taken',
        `port ${port} on ${host} is taken by another process`,
        `Stop the other process ('ss -ltnp sport = :${port}' names it), or choose another port (server.port or SLUICE_PORT; 0 = any free).`,
        { cause: error },
      )
    : new OperatorError(
        'address-unusable',
        `cannot listen on ${host}:${port} (${error.code})`,
        error.code === 'EACCES'
          ? 'Ports below 1024 need a privilege; choose a higher one (server.port or SLUICE_PORT).'
          : 'Set server.host to an address of this machine, e.g. 127.0.0.1 or 0.0.0.0.',
        { cause: error },
      );
}
