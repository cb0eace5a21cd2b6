import type { Command } from 'commander';
import { chinaText, momentOf, systemClock, systemIds } from '../clock.js';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import { parseDay } from '../protocol/values.js';
import {
  ACCOUNT_NAME,
  type Account,
  accountDir,
  addAccount,
  addKey,
  getAccount,
  hashPassword,
  listAccounts,
  listKeys,
  makeAccountTree,
  makePassword,
  parseNetwork,
  removeAccount,
  setAccountEnabled,
  setAccountPassword,
} from '../sftp/index.js';
import { withDir, withExample } from './options.js';
import { momentJson, recordSftp, type SftpPlace, withSftp } from './sftp-database.js';
import { keyFromFile } from './sftp-key.js';
import { passwordFromInput } from './sftp-password.js';

interface AddOptions {
  readonly dir?: string;
  readonly unit: string;
  readonly key?: string;
  readonly password?: boolean;
  readonly passwordStdin?: boolean;
  readonly upload: boolean;
  readonly download: boolean;
  readonly quotaMib?: string;
  readonly quotaFiles?: string;
  readonly allow?: string[];
  readonly expires?: string;
  readonly note?: string;
  readonly json?: boolean;
}
interface Common {
  readonly dir?: string;
  readonly json?: boolean;
}

/** `sluice sftp account …`. What is changed holds at once, on every node. */
export function sftpAccountCommand(sftp: Command): void {
  const account = sftp.command('account').description('accounts of the SFTP server 账户');
  const add = account
    .command('add <name>')
    .description('add an account; it can log in once it has a key or a password')
    .requiredOption('--unit <unit>', 'the clearing unit (清算单位) that it belongs to')
    .option('--key <file>', 'its public key (more: sluice sftp key add)')
    .option('--password', 'make a password and print it, once')
    .option('--password-stdin', 'take the password from standard input')
    .option('--no-upload', 'it may not write into upload/')
    .option('--no-download', 'it may not read download/')
    .option('--quota-mib <MiB>', 'at most so much lying in upload/')
    .option('--quota-files <n>', 'at most so many files lying in upload/')
    .option('--allow <network...>', 'only from these addresses or networks, e.g. 10.1.0.0/16')
    .option('--expires <yyyyMMdd>', 'last day on which it may log in (China time)')
    .option('--note <text>', 'for people')
    .option('--json', 'print as JSON');
  withExample(
    withDir(add),
    'sluice sftp account add platform --unit 39536 --key id_ed25519.pub --dir demo',
    'sluice sftp account add platform --unit 39536 --password --allow 203.0.113.0/24',
  ).action((name: string, options: AddOptions) =>
    withSftp(options.dir, async (place) => {
      const password = await passwordOf(options);
      await addNew(place, name, options, password);
      const shown = await shownAccount(place, name, options.password === true ? password : undefined);
      const { password: _, ...after } = shown;
      await recordSftp(place, { action: 'sftp account add', target: name, after });
      print(options, shown, () => {
        console.log(`Added ${name} for unit ${shown.unit}; its files lie in ${shown.directory}`);
        if (shown.password) console.log(`  password (shown only now): ${shown.password}`);
        if (!shown.hasPassword && shown.keys.length === 0) {
          console.log(`  → It has no key yet: sluice sftp key add ${name} --file id.pub`);
        }
      });
    }),
  );

  const list = account.command('list').description('all accounts').option('--json', 'print as JSON');
  withExample(withDir(list), 'sluice sftp account list --dir demo').action((options: Common) =>
    withSftp(options.dir, async (place) => {
      const all: Shown[] = [];
      for (const { name } of await listAccounts(place.database)) all.push(await shownAccount(place, name));
      print(options, all, () => {
        if (all.length === 0) console.log('没有账户 (no accounts): sluice sftp account add NAME --unit UNIT');
        for (const one of all) console.log(lineOf(one));
      });
    }),
  );

  const show = account.command('show <name>').description('one account').option('--json', 'print as JSON');
  withExample(withDir(show), 'sluice sftp account show platform --dir demo').action(
    (name: string, options: Common) =>
      withSftp(options.dir, async (place) => {
        const shown = await shownAccount(place, name);
        print(options, shown, () => {
          for (const [key, value] of Object.entries(shown)) {
            console.log(
              `${key.padEnd(14)} ${printable(Array.isArray(value) ? value.join(' ') : String(value ?? '-'))}`,
            );
          }
        });
      }),
  );

  for (const [verb, enabled] of [
    ['disable', false],
    ['enable', true],
  ] as const) {
    const command = account
      .command(`${verb} <name>`)
      .description(
        enabled ? 'let it log in again' : 'end its sessions within seconds and let it log in no more',
      )
      .option('--json', 'print as JSON');
    withExample(withDir(command), `sluice sftp account ${verb} platform --dir demo`).action(
      (name: string, options: Common) =>
        withSftp(options.dir, async (place) => {
          await setAccountEnabled(place.database, name, enabled);
          await recordSftp(place, { action: `sftp account ${verb}`, target: name, after: { enabled } });
          print(options, await shownAccount(place, name), () => console.log(`${name} is ${verb}d.`));
        }),
    );
  }

  const remove = account
    .command('remove <name>')
    .description('remove the account and its keys; its files stay where they are')
    .option('--json', 'print as JSON');
  withExample(withDir(remove), 'sluice sftp account remove platform --dir demo').action(
    (name: string, options: Common) =>
      withSftp(options.dir, async (place) => {
        const { database, root } = place;
        const before = await shownAccount(place, name);
        await removeAccount(database, name);
        await recordSftp(place, { action: 'sftp account remove', target: name, before });
        const directory = accountDir(root, name);
        print(options, { name, removed: true, directory }, () =>
          console.log(`Removed ${name}; its files still lie in ${directory}`),
        );
      }),
  );

  const passwd = account
    .command('passwd <name>')
    .description(
      'give the account a new password (made and printed once), or take it away; sessions that the old one opened end',
    )
    .option('--password-stdin', 'take the password from standard input')
    .option('--none', 'no password: keys only')
    .option('--json', 'print as JSON');
  withExample(withDir(passwd), 'sluice sftp account passwd platform --dir demo').action(
    (name: string, options: Common & { passwordStdin?: boolean; none?: boolean }) =>
      withSftp(options.dir, async (place) => {
        const made = options.none !== true && options.passwordStdin !== true;
        const password = options.none === true ? undefined : await passwordOf({ ...options, password: made });
        const hash = password === undefined ? undefined : await hashPassword(password, systemIds);
        await setAccountPassword(place.database, name, hash);
        const kind = { login: hash === undefined ? 'by key only' : 'by password' };
        await recordSftp(place, { action: 'sftp account passwd', target: name, after: kind });
        const shown = await shownAccount(place, name, made ? password : undefined);
        print(options, shown, () => {
          if (shown.password) console.log(`New password of ${name} (shown only now): ${shown.password}`);
          else
            console.log(hash === undefined ? `${name} has no password now.` : `${name} has a new password.`);
        });
      }),
  );
}

async function addNew(place: SftpPlace, name: string, options: AddOptions, password?: string): Promise<void> {
  const { config, database, root } = place;
  if (!ACCOUNT_NAME.test(name)) {
    throw invalid(
      `${printable(name)} is no name for an account`,
      'Use 1 to 32 of a-z, 0-9, _ and -, beginning with a letter or digit.',
    );
  }
  if (!config.units.some(({ id }) => id === options.unit)) {
    const known = config.units.map(({ id }) => id).join(', ');
    throw invalid(`there is no clearing unit ${printable(options.unit)}`, `sluice.yaml has: ${known}.`);
  }
  const key = options.key === undefined ? undefined : keyFromFile(options.key);
  const now = systemClock.now();
  const account: Account = {
    name,
    unit: options.unit,
    enabled: true,
    mayUpload: options.upload,
    mayDownload: options.download,
    quota: {
      bytes: wholeNumber(options.quotaMib, '--quota-mib', 1024 * 1024),
      files: wholeNumber(options.quotaFiles, '--quota-files', 1),
    },
    addresses: networksOf(options.allow ?? []),
    expiresAt: expiryOf(options.expires),
    passwordHash: password === undefined ? undefined : await hashPassword(password, systemIds),
    note: options.note?.slice(0, 200) ?? '',
    createdAt: now,
    lastLoginAt: undefined,
  };
  await makeAccountTree(root, name);
  await addAccount(database, account, now);
  if (key) {
    const { type, fingerprint, blob, comment } = key;
    await addKey(database, {
      account: name,
      type,
      fingerprint,
      data: blob.toString('base64'),
      note: comment,
      addedAt: now,
    });
  }
}

async function passwordOf(options: {
  password?: boolean;
  passwordStdin?: boolean;
}): Promise<string | undefined> {
  if (options.passwordStdin === true) return passwordFromInput();
  return options.password === true ? makePassword(systemIds) : undefined;
}

function networksOf(texts: readonly string[]): readonly string[] {
  for (const text of texts) {
    if (parseNetwork(text)) continue;
    throw invalid(
      `--allow ${printable(text)} is no address or network`,
      'Give e.g. 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.',
    );
  }
  return texts;
}
function wholeNumber(text: string | undefined, option: string, factor: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number * factor) && number >= 1) return number * factor;
  throw invalid(`${option} ${printable(text)} is not a whole number`, 'Give a whole number of 1 or more.');
}
function expiryOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const day = parseDay(text);
  if (day) return momentOf(day) + 86_400_000;
  throw invalid(`--expires ${printable(text)} is not a day`, 'Give the last day as yyyyMMdd, e.g. 20271231.');
}
const invalid = (what: string, next: string) => new OperatorError('option-invalid', what, next);

async function shownAccount({ database, root }: SftpPlace, name: string, password?: string) {
  const account = await getAccount(database, name);
  const keys = await listKeys(database, name);
  return {
    name,
    unit: account.unit,
    enabled: account.enabled,
    mayUpload: account.mayUpload,
    mayDownload: account.mayDownload,
    quotaBytes: account.quota.bytes ?? null,
    quotaFiles: account.quota.files ?? null,
    addresses: account.addresses,
    expiresAt: momentJson(account.expiresAt),
    hasPassword: account.passwordHash !== undefined,
    keys: keys.map(({ fingerprint }) => fingerprint),
    note: account.note,
    createdAt: momentJson(account.createdAt),
    lastLoginAt: momentJson(account.lastLoginAt),
    directory: accountDir(root, name),
    ...(password === undefined ? {} : { password }),
  };
}
type Shown = Awaited<ReturnType<typeof shownAccount>>;

function lineOf(one: Shown): string {
  const login = one.lastLoginAt === null ? '-' : chinaText(Date.parse(one.lastLoginAt));
  const ways = [one.mayUpload ? 'up' : '', one.mayDownload ? 'down' : ''].filter(Boolean).join('+') || '-';
  const state = one.enabled ? 'enabled ' : 'disabled';
  const opens = `${one.keys.length} keys${one.hasPassword ? ', password' : ''}`;
  return `${one.name.padEnd(20)} unit=${one.unit} ${state} ${ways.padEnd(7)} ${opens}  last login ${login}  ${printable(one.note)}`;
}

function print(options: { json?: boolean }, value: unknown, text: () => void): void {
  if (options.json === true) console.log(JSON.stringify(value, null, 2));
  else text();
}
