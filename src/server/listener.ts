/* The TLS listener for the platform: who may connect, how many, and how it stops. */
import { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Clock, Moment } from '../clock.js';
import { codeOf, messageOf, OperatorError } from '../errors.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { handshakeRefusal, useTrust } from '../pki/index.js';
import { type Answerer, type Connection, type ConnectionEnd, serveConnection } from './connection.js';
import { Handshakes } from './handshakes.js';
import { RefusalLog } from './refusal-log.js';
import type { ServerLimits, ServerSettings } from './settings.js';
import { heldTicketKeys, rotatingTicketKeys, SESSION_S, type TicketKeys } from './ticket-keys.js';
import type { Trust } from './trust.js';

export interface ListenerParts {
  readonly settings: ServerSettings;
  readonly trust: Trust;
  readonly answer: Answerer;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Shared by all processes of a gateway; default: of this one. */
  readonly ticketKeys?: TicketKeys;
  /** Told of bytes of a peer that were no frame. */
  readonly uncut?: (left: UncutBytes) => void;
}
/** What came on a connection and was no frame, or not a whole one. */
export interface UncutBytes {
  readonly bytes: Buffer;
  readonly how: ConnectionEnd;
  readonly detail: string;
  readonly peer: string;
  /** When the connection ended. */
  readonly at: Moment;
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

/** Sessions are bound to it: the same after every reload. */
const SESSION_CONTEXT = 'sluice';

/** @throws {OperatorError} `port-taken`, `address-unusable`, `certificate-unusable` */
export async function listen(parts: ListenerParts): Promise<Listener> {
  const { settings, clock, log, metrics } = parts;
  let { limits } = settings;
  let { trust } = parts;
  const refusals = new RefusalLog(log, clock);
  const open = new Map<Connection, string>();
  const perPeer = new Map<string, number>();
  const raws = new Set<Socket>();
  let draining = false;
  let idle: (() => void) | undefined;

  const ownKeys = parts.ticketKeys ? undefined : rotatingTicketKeys(clock);
  const ticketKeys = parts.ticketKeys ?? ownKeys ?? heldTicketKeys();
  const server = makeServer();
  const unwatch = ticketKeys.watch((key) => server.setTicketKeys(key));
  const forget = () => {
    refusals.close();
    unwatch();
    ownKeys?.close();
  };
  server.maxConnections = limits.connections;
  server.on('drop', (drop) => refused(drop?.remoteAddress, 'too-many-connections'));
  const handshakes = new Handshakes();
  const shed = new WeakSet<Socket>();
  // Node's own listener begins TLS, which costs most of what a refused connection costs: it gets those only that may go on.
  const beginTls = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (raw: Socket) => {
    // The address is asked for now, because a refused handshake no longer knows where it came from (pitfall).
    const cut = handshakes.begin(raw, limits);
    if (cut) {
      shed.add(cut.socket);
      refused(cut.address, 'too-many-handshakes');
      cut.socket.destroy();
      if (cut.socket === raw) return;
    }
    raws.add(raw);
    raw.once('close', () => {
      raws.delete(raw);
      if (raws.size === 0) idle?.();
    });
    for (const begin of beginTls) begin.call(server, raw);
  });
  server.on('tlsClientError', (error, socket) => {
    const raw = below(socket);
    if (raw && shed.has(raw)) return; // Said already.
    refused(addressOf(socket), handshakeRefusal(error, socket.authorizationError));
    // After a handshake that took too long Node only tells us (26.10): the socket would stay, and with it its place among the handshakes.
    socket.destroy();
    raw?.destroy();
  });
  server.on('secureConnection', admit);

  function listenerTls() {
    return {
      sessionIdContext: SESSION_CONTEXT,
      sessionTimeout: SESSION_S,
      ticketKeys: ticketKeys.current(),
    };
  }
  function makeServer() {
    const made = createServer({
      requestCert: true,
      rejectUnauthorized: true,
      allowHalfOpen: true,
      handshakeTimeout: limits.handshakeMs,
      noDelay: true,
    });
    try {
      useTrust(made, trust.certificates.context, listenerTls());
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
    refusals.event('connection.refused', reason, { address: address ?? 'unknown', reason });
  }

  function admit(socket: TLSSocket): void {
    const raw = below(socket);
    // Asking the system for the address once more costs 10 µs.
    const address = (raw && handshakes.end(raw)) || (addressOf(socket) ?? 'unknown');
    metrics.handshakes.inc({ kind: socket.isSessionReused() ? 'resumed' : 'full' });
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
      ended(how, detail, unread) {
        open.delete(connection);
        metrics.connectionsOpen.dec();
        perPeer.set(peer.name, (perPeer.get(peer.name) ?? 1) - 1);
        metrics.connectionsEnded.inc({ how });
        if (unread.length > 0)
          parts.uncut?.({ bytes: unread, how, detail, peer: peer.name, at: clock.now() });
        if (how !== 'answered' && how !== 'peer-closed' && how !== 'drained') {
          refusals.event('connection.fault', how, { address, peer: peer.name, how, detail });
        }
      },
    });
    open.set(connection, peer.name);
    metrics.connectionsOpen.inc();
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
      useTrust(server, next.certificates.context, listenerTls());
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
      if (raws.size === 0) {
        forget();
        return;
      }
      await new Promise<void>((resolve) => {
        idle = resolve;
        clock.after(limits.drainMs, resolve);
      });
      for (const raw of raws) raw.destroy();
      forget();
    },
    destroy() {
      forget();
      server.close();
      for (const raw of raws) raw.destroy();
    },
  };
}

/** The plain socket below a TLS socket: Node keeps it, under a name of its own, and after a failed handshake nothing else knows the address. */
function below(socket: TLSSocket): Socket | undefined {
  const raw: unknown = '_parent' in socket ? socket._parent : undefined;
  return raw instanceof Socket ? raw : undefined;
}
const addressOf = (socket: TLSSocket): string | undefined =>
  socket.remoteAddress ?? below(socket)?.remoteAddress;

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
