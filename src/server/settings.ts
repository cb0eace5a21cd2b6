import { z } from 'zod';

/** All limits of the socket side in one place, each with its reason. */
const limits = z
  .strictObject({
    connections: z
      .int()
      .min(1)
      .default(2000)
      .describe('open connections in all: bounds descriptors and memory'),
    connectionsPerPeer: z
      .int()
      .min(1)
      .default(500)
      .describe('open connections of one peer: one peer cannot take all'),
    handshakes: z
      .int()
      .min(1)
      .default(1000)
      .describe('connections that have not shown a certificate yet, in all'),
    handshakesPerAddress: z
      .int()
      .min(1)
      .default(256)
      .describe('of these from one address: a stranger cannot take the places of the platform'),
    handshakeMs: z.int().min(100).default(5000).describe('TLS handshake: Node waits 120 s unless told'),
    silentMs: z
      .int()
      .min(100)
      .default(15_000)
      .describe('from connect, or from the last answer, to a whole frame'),
    requestMs: z
      .int()
      .min(100)
      .default(10_000)
      .describe('budget for one request; then 0009 is answered (peers wait 30–50 s)'),
    lingerMs: z
      .int()
      .min(100)
      .default(2000)
      .describe('how long a peer may take to read its answer and close'),
    drainMs: z.int().min(100).default(15_000).describe('how long a shutdown waits for accepted requests'),
    queriesAtOnce: z
      .int()
      .min(1)
      .default(8)
      .describe(
        'queries that work at once; with paymentsAtOnce below database.pool.max, so that neither starves',
      ),
    paymentsAtOnce: z
      .int()
      .min(1)
      .default(6)
      .describe('payments, refunds and status questions that work at once'),
    fileNoticesAtOnce: z.int().min(1).default(4).describe('announced files that are waited for at once'),
    waitingMax: z
      .int()
      .min(1)
      .default(500)
      .describe('requests of one kind that may wait; beyond it 0009 at once'),
    dataBytesMax: z
      .int()
      .min(65_536)
      .max(16_777_216)
      .default(262_144)
      .describe('data of one frame, checked from the header'),
  })
  .prefault({});

/** Section `server` of sluice.yaml: the TLS listener for the platform. */
export const serverSettings = z
  .strictObject({
    host: z.string().default('127.0.0.1').describe('address to listen on; 0.0.0.0 for all'),
    port: z.int().min(0).max(65_535).default(1224).describe('0 = any free port (SLUICE_PORT)'),
    workers: z
      .union([z.int().min(1).max(256), z.literal('auto')])
      .default(1)
      .describe('processes that share the socket; auto = one for each core'),
    limits,
  })
  .prefault({});
export type ServerSettings = z.output<typeof serverSettings>;
export type ServerLimits = ServerSettings['limits'];
