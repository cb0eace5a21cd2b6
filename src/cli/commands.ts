import type { Command } from 'commander';
import { acceptanceCommand } from './acceptance.js';
import { agreementCommand } from './agreement.js';
import { auditCommand } from './audit.js';
import { benchCommand } from './bench.js';
import { certsCommand } from './certs.js';
import { configCommand } from './config.js';
import { dbCommand } from './db.js';
import { deductCommand } from './deduct.js';
import { doctorCommand } from './doctor.js';
import { exchangeCommand } from './exchange.js';
import { existingCommand } from './existing.js';
import { fixtureCommand } from './fixture.js';
import { initCommand } from './init.js';
import { inspectCommand } from './inspect.js';
import { logCommand } from './log.js';
import { reconCommand } from './recon.js';
import { reloadCommand } from './reload.js';
import { replayCommand } from './replay.js';
import { sendCommand } from './send.js';
import { serveCommand } from './serve.js';
import { sftpCommand } from './sftp.js';
import { simulateCommand } from './simulate.js';
import { suspenseCommand } from './suspense.js';
import { traceCommand } from './trace.js';
import { verifyCommand } from './verify.js';

/** Every command of `sluice`, in the order of the help. */
export const commands: readonly ((program: Command) => void)[] = [
  initCommand,
  serveCommand,
  reloadCommand,
  configCommand,
  doctorCommand,
  certsCommand,
  auditCommand,
  dbCommand,
  existingCommand,
  logCommand,
  traceCommand,
  verifyCommand,
  sftpCommand,
  exchangeCommand,
  deductCommand,
  agreementCommand,
  reconCommand,
  suspenseCommand,
  sendCommand,
  replayCommand,
  inspectCommand,
  fixtureCommand,
  benchCommand,
  simulateCommand,
  acceptanceCommand,
];
