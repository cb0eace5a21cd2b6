/* What monitoring asks over HTTP on a loopback port: /metrics (Prometheus text), /health (alive), /ready (can answer). */
import { createServer } from 'node:http';
import { z } from 'zod';
import { codeOf, OperatorError } from './errors.js';

/** Section `metrics` of sluice.yaml. */
export const metricsSettings = z
  .strictObject({
    host: z
      .string()
      .default('127.0.0.1')
      .describe('keep it on the loopback; put a proxy before it to show it elsewhere'),
    port: z.int().min(0).max(65_535).default(9464).describe('0 = any free port (SLUICE_METRICS_PORT)'),
  })
  .prefault({});

export interface MonitoringParts {
  readonly settings: z.output<typeof metricsSettings>;
  /** Prometheus text of all processes. */
  readonly metrics: () => Promise<string>;
  /** Rejects when no request could be answered; `degraded`: queries could, payments not. */
  readonly ready: () => Promise<'ready' | 'degraded'>;
}

/** A load balancer must not take this node away: queries are answered, and the others have the same database. */
const DEGRADED = 'degraded: the database takes no writes; queries are answered, payments refused with 0009\n';

/** @throws {OperatorError} `metrics-port-taken` */
export async function serveMonitoring({ settings, metrics, ready }: MonitoringParts) {
  const answers: Readonly<Record<string, () => Promise<{ status: number; type: string; text: string }>>> = {
    '/metrics': async () => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      text: await metrics(),
    }),
    '/health': async () => ({ status: 200, type: 'text/plain', text: 'ok\n' }),
    '/ready': () =>
      ready().then(
        (state) => ({
          status: 200,
          type: 'text/plain',
          text: state === 'ready' ? 'ready\n' : DEGRADED,
        }),
        // The reason goes to the log; what stands here may be seen by many.
        () => ({ status: 503, type: 'text/plain', text: 'not ready: the database cannot be used\n' }),
      ),
  };
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answer = request.method === 'GET' && Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (answer === undefined) {
      response.writeHead(404).end('/metrics, /health or /ready\n');
      return;
    }
    void answer().then(
      ({ status, type, text }) => response.writeHead(status, { 'content-type': type }).end(text),
      () => response.writeHead(500).end('metrics cannot be read\n'),
    );
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new OperatorError(
          'metrics-port-taken',
          `the metrics port ${settings.port} on ${settings.host} cannot be used (${codeOf(error)})`,
          'Choose another port (metrics.port or SLUICE_METRICS_PORT; 0 = any free).',
          { cause: error },
        ),
      ),
    );
    server.listen(settings.port, settings.host, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : settings.port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
