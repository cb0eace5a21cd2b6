/* `sluice certs`: everything about certificates; see docs/certificates.md. */
import type { Command } from 'commander';
import { certsCaCommands } from './certs-ca.js';
import { certsExportCommand } from './certs-export.js';
import { certsOwnCommands } from './certs-own.js';
import { certsPeerCommands } from './certs-peer.js';
import { certsRevokeCommands } from './certs-revoke.js';
import { certsShowCommands } from './certs-show.js';

export function certsCommand(program: Command): void {
  const certs = program
    .command('certs')
    .description('certificates: ours, those of peers, the local CA, revocation');
  certsShowCommands(certs);
  certsOwnCommands(certs);
  certsPeerCommands(certs);
  certsExportCommand(certs);
  certsRevokeCommands(certs);
  certsCaCommands(certs);
}
