import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { systemClock } from '../clock.js';
import { messageOf, OperatorError } from '../errors.js';
import { printable } from '../log.js';
import { addKey, getAccount, listKeys, type PublicKey, parsePublicKey, removeKey } from '../sftp/index.js';
import { withDir, withExample } from './options.js';
import { momentJson, recordSftp, withSftp } from './sftp-database.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
}

/** `sluice sftp key …`: the public keys that open an account. */
export function sftpKeyCommand(sftp: Command): void {
  const key = sftp.command('key').description('public keys of an account 公钥');
  const add = key
    .command('add <account>')
    .description('let the owner of a key log in')
    .requiredOption('--file <file>', 'the public key (id_ed25519.pub, or RFC 4716)')
    .option('--note <text>', 'for people; default: the comment in the file')
    .option('--json', 'print as JSON');
  withExample(withDir(add), 'sluice sftp key add platform --file id.pub --dir demo').action(
    (account: string, options: Options & { file: string; note?: string }) =>
      withSftp(options.dir, async (place) => {
        const { database } = place;
        const { type, fingerprint, blob, comment } = keyFromFile(options.file);
        const note = (options.note ?? comment).slice(0, 200);
        const data = blob.toString('base64');
        await addKey(database, { account, type, fingerprint, data, note, addedAt: systemClock.now() });
        await recordSftp(place, { action: 'sftp key add', target: account, after: { type, fingerprint } });
        if (options.json === true) console.log(JSON.stringify({ account, type, fingerprint, note }, null, 2));
        else console.log(`${account} can log in with ${type} ${fingerprint}`);
      }),
  );

  const remove = key
    .command('remove <account> <fingerprint>')
    .description('take a key away; sessions that it opened end within seconds')
    .option('--json', 'print as JSON');
  withExample(withDir(remove), 'sluice sftp key remove platform SHA256:… --dir demo').action(
    (account: string, fingerprint: string, options: Options) =>
      withSftp(options.dir, async (place) => {
        await removeKey(place.database, account, fingerprint);
        await recordSftp(place, { action: 'sftp key remove', target: account, before: { fingerprint } });
        if (options.json === true)
          console.log(JSON.stringify({ account, fingerprint, removed: true }, null, 2));
        else console.log(`${account} can no longer log in with ${fingerprint}`);
      }),
  );

  const list = key
    .command('list <account>')
    .description('the keys of an account')
    .option('--json', 'print as JSON');
  withExample(withDir(list), 'sluice sftp key list platform --dir demo').action(
    (account: string, options: Options) =>
      withSftp(options.dir, async ({ database }) => {
        await getAccount(database, account);
        const keys = await listKeys(database, account);
        if (options.json === true) {
          const shown = keys.map(({ type, fingerprint, note, addedAt, data }) => ({
            type,
            fingerprint,
            note,
            addedAt: momentJson(addedAt),
            publicKey: `${type} ${data}`,
          }));
          console.log(JSON.stringify(shown, null, 2));
          return;
        }
        if (keys.length === 0) console.log('没有公钥 (no keys)');
        for (const one of keys)
          console.log(`${one.type.padEnd(20)} ${one.fingerprint}  ${printable(one.note)}`);
      }),
  );
}

/** @throws {OperatorError} `sftp-key-unreadable`, `sftp-key-invalid` */
export function keyFromFile(file: string): PublicKey {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      'sftp-key-unreadable',
      `The key file ${file} cannot be read: ${messageOf(error)}`,
      'Name the public key that the owner sent, e.g. id_ed25519.pub.',
      { cause: error },
    );
  }
  return parsePublicKey(text);
}
