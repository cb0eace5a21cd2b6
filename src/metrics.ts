/** All metrics in one place, with name, help, unit and labels (values only from closed sets). */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from './database/index.js';

export function makeMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    exchanges: new Counter({
      name: 'sluice_exchanges_total',
      help: 'Requests answered, by service, result code and clearing unit',
      labelNames: ['service', 'code', 'unit'],
      registers,
    }),
    exchangeSeconds: new Histogram({
      name: 'sluice_exchange_seconds',
      help: 'Time from the whole request frame to the answer frame',
      labelNames: ['service'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    handshakes: new Counter({
      name: 'sluice_handshakes_total',
      help: 'TLS handshakes that were finished, by kind: full, or resumed from an earlier session',
      labelNames: ['kind'],
      registers,
    }),
    connectionsRefused: new Counter({
      name: 'sluice_connections_refused_total',
      help: 'Connections refused before a request was read, by reason',
      labelNames: ['reason'],
      registers,
    }),
    connectionsEnded: new Counter({
      name: 'sluice_connections_ended_total',
      help: 'Connections of known peers, by how they ended',
      labelNames: ['how'],
      registers,
    }),
    connectionsOpen: new Gauge({
      name: 'sluice_connections_open',
      help: 'Open connections of known peers',
      registers,
    }),
    certificateDaysLeft: new Gauge({
      name: 'sluice_certificate_days_left',
      help: 'Whole days until a certificate in use ends (negative: expired), by its use and the name of its file or peer',
      labelNames: ['use', 'name'],
      // Each process knows all certificates: they must not be summed.
      aggregator: 'min',
      registers,
    }),
    filesIn: new Counter({
      name: 'sluice_files_incoming_total',
      help: 'Files of the platform, by type and what became of them',
      labelNames: ['type', 'result'],
      registers,
    }),
    filesOut: new Counter({
      name: 'sluice_files_outgoing_total',
      help: 'Our files for the platform, by type and what became of them',
      labelNames: ['type', 'result'],
      registers,
    }),
    fileNotices: new Counter({
      name: 'sluice_file_notices_total',
      help: 'Attempts to announce our files, by how they ended',
      labelNames: ['result'],
      registers,
    }),
    filesWaiting: new Gauge({
      name: 'sluice_files_waiting',
      help: 'Files at a place that are not whole yet',
      labelNames: ['place'],
      aggregator: 'max',
      registers,
    }),
    filesUnfinished: new Gauge({
      name: 'sluice_files_unfinished',
      help: 'Files that are not done with: of the platform (in) and ours (out)',
      labelNames: ['direction'],
      aggregator: 'max',
      registers,
    }),
    fileOldestSeconds: new Gauge({
      name: 'sluice_file_oldest_unfinished_seconds',
      help: 'Age of the oldest file that is not done with; 0: there is none',
      labelNames: ['direction'],
      aggregator: 'max',
      registers,
    }),
    placeLookedAt: new Gauge({
      name: 'sluice_place_looked_seconds',
      help: 'When a place was last looked through (seconds since 1970): now minus this is the lag of the watcher',
      labelNames: ['place'],
      aggregator: 'max',
      registers,
    }),
    alarms: new Gauge({
      name: 'sluice_alarms',
      help: 'What is wrong now and needs somebody, by kind (docs/operations.md)',
      labelNames: ['kind'],
      registers,
    }),
    sftpSessions: new Gauge({
      name: 'sluice_sftp_sessions',
      help: 'Logged-in SFTP connections of this process',
      registers,
    }),
    sftpBytes: new Counter({
      name: 'sluice_sftp_bytes_total',
      help: 'Bytes of files that SFTP clients sent (in) and fetched (out)',
      labelNames: ['direction'],
      registers,
    }),
    sftpUploads: new Counter({
      name: 'sluice_sftp_uploads_total',
      help: 'SFTP uploads and renames that ended well: published, awaits-rename (whole under an unfinished ending), folder',
      labelNames: ['end'],
      registers,
    }),
    sftpLogins: new Counter({
      name: 'sluice_sftp_logins_total',
      help: 'SFTP logins, by accepted or why they were refused',
      labelNames: ['result'],
      registers,
    }),
    sftpBans: new Counter({
      name: 'sluice_sftp_bans_total',
      help: 'Bans after failed SFTP logins, of an address or of the passwords of an account',
      labelNames: ['kind'],
      registers,
    }),
    sftpConnectionsRefused: new Counter({
      name: 'sluice_sftp_connections_refused_total',
      help: 'SFTP connections closed before the handshake, by reason',
      labelNames: ['reason'],
      registers,
    }),
    exchangeLogLost: new Counter({
      name: 'sluice_exchange_log_lost_total',
      help: 'Rows of the exchange log that could not be written',
      registers,
    }),
  };
}
export type Metrics = ReturnType<typeof makeMetrics>;

/** What is known of the databases at each scrape: the connections of ours, and whether each takes writes. */
export function measureDatabases(
  { registry }: Metrics,
  databases: Readonly<Record<string, Pick<Database, 'pools' | 'writes'>>>,
): void {
  new Gauge({
    name: 'sluice_database_connections',
    help: 'Database connections: free, used, allowed (max), and requests waiting for one; of all processes',
    labelNames: ['database', 'state'],
    registers: [registry],
    collect() {
      for (const [database, { pools }] of Object.entries(databases))
        for (const [state, count] of Object.entries(pools.writers)) this.set({ database, state }, count);
    },
  });
  new Gauge({
    name: 'sluice_database_writable',
    help: '1: the database takes writes; 0: degraded, queries are answered and payments refused (least of all processes)',
    labelNames: ['database'],
    registers: [registry],
    aggregator: 'min',
    collect() {
      for (const [database, { writes }] of Object.entries(databases))
        this.set({ database }, writes.readOnly ? 0 : 1);
    },
  });
}

/** How often the delay of the event loop is sampled. */
const SAMPLE_MS = 100;
/** Of this process, since the scrape before: whoever blocks the event loop makes all exchanges wait. */
export function measureEventLoop({ registry }: Metrics): () => void {
  const delays = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delays.enable();
  new Gauge({
    name: 'sluice_event_loop_delay_seconds',
    help: 'How late timers ran since the last scrape: quantile 0.5, 0.99, 1; the worst of all processes',
    labelNames: ['quantile'],
    registers: [registry],
    aggregator: 'max',
    collect() {
      // The histogram holds the distance of two samples in ns, NaN while there is none.
      const late = (ns: number) => Math.max(0, (ns || 0) / 1e9 - SAMPLE_MS / 1000);
      this.set({ quantile: '0.5' }, late(delays.percentile(50)));
      this.set({ quantile: '0.99' }, late(delays.percentile(99)));
      this.set({ quantile: '1' }, late(delays.max));
      delays.reset();
    },
  });
  return () => void delays.disable();
}
