import { join } from 'node:path';
import type { Command } from 'commander';
import { directoryOf } from '../config/index.js';
import { createHostKeys, readHostKeys } from '../sftp/index.js';
import { withDir, withExample } from './options.js';
import { sftpAccountCommand } from './sftp-account.js';
import { sftpKeyCommand } from './sftp-key.js';
import { sftpSessionCommand } from './sftp-session.js';

/** `sluice sftp …`: accounts, keys, sessions and host keys of the embedded SFTP server. */
export function sftpCommand(program: Command): void {
  const sftp = program
    .command('sftp')
    .description('the SFTP server: accounts, keys, sessions, host keys 文件交换');
  sftpAccountCommand(sftp);
  sftpKeyCommand(sftp);
  sftpSessionCommand(sftp);
  const hostKeys = sftp
    .command('hostkeys')
    .description(
      'show the fingerprints by which clients know this server; give them to the platform 主机密钥指纹',
    )
    .option('--create', 'make the keys that are missing')
    .option('--json', 'print as JSON');
  withExample(withDir(hostKeys), 'sluice sftp hostkeys --dir demo').action(
    (options: { dir?: string; create?: boolean; json?: boolean }) => {
      const dir = join(directoryOf(options.dir), 'sftp');
      const keys = (options.create === true ? createHostKeys(dir) : readHostKeys(dir)).map(
        ({ type, fingerprint, publicLine, file }) => ({ type, fingerprint, publicKey: publicLine, file }),
      );
      if (options.json === true) console.log(JSON.stringify(keys, null, 2));
      else for (const { type, fingerprint } of keys) console.log(`${type.padEnd(20)} ${fingerprint}`);
    },
  );
}
