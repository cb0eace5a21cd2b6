import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import { kickSession, listSessions } from '../sftp/index.js';
import { withDir, withExample } from './options.js';
import { momentJson, recordSftp, withSftp } from './sftp-database.js';

interface Options {
  readonly dir?: string;
  readonly json?: boolean;
}

/** `sluice sftp session …`: who is logged in, on all nodes. */
export function sftpSessionCommand(sftp: Command): void {
  const session = sftp.command('session').description('who is logged in, on all nodes 会话');
  const list = session.command('list').description('all sessions').option('--json', 'print as JSON');
  withExample(withDir(list), 'sluice sftp session list --dir demo').action((options: Options) =>
    withSftp(options.dir, async ({ database }) => {
      const sessions = await listSessions(database, systemClock.now());
      if (options.json === true) {
        const shown = sessions.map((one) => ({
          ...one,
          startedAt: momentJson(one.startedAt),
          seenAt: momentJson(one.seenAt),
        }));
        console.log(JSON.stringify(shown, null, 2));
        return;
      }
      if (sessions.length === 0) console.log('没有会话 (nobody is logged in)');
      for (const { id, account, address, software, startedAt, node } of sessions) {
        console.log(
          `${id}  ${account.padEnd(20)} ${address}  ${chinaText(startedAt)}  ${printable(software)}  ${node}`,
        );
      }
    }),
  );

  const kick = session
    .command('kick <id>')
    .description('end a session, on whichever node it is, within a second')
    .option('--json', 'print as JSON');
  withExample(
    withDir(kick),
    'sluice sftp session kick 77ed87f9-4789-46ac-9c73-e757d2582b0e --dir demo',
  ).action((id: string, options: Options) =>
    withSftp(options.dir, async (place) => {
      if (!(await kickSession(place.database, id))) {
        throw new OperatorError(
          'sftp-session-unknown',
          `There is no session ${printable(id)}.`,
          "See all with 'sluice sftp session list'.",
        );
      }
      await recordSftp(place, { action: 'sftp session kick', target: id });
      if (options.json === true) console.log(JSON.stringify({ id, kicked: true }, null, 2));
      else console.log(`${id} is being ended.`);
    }),
  );
}
