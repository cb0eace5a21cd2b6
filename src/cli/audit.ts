/* `sluice audit`: who changed what, and whether the record is whole. */
import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { directoryOf, loadConfig } from '../config/index.js';
import { latestAudit, verifyAudit } from '../database/index.js';
import { OperatorError } from '../errors.js';
import { withDatabase } from '../with-database.js';
import { spanOf } from './arguments.js';
import { withDir, withExample } from './options.js';
import { handInPending } from './record-change.js';
import { table } from './table.js';

export function auditCommand(program: Command): void {
  const audit = program.command('audit').description('the record of administrative changes');
  withExample(
    withDir(audit.command('list').description('changes, newest first'))
      .option('--since <span>', 'how far back, such as 12h or 30d', '90d')
      .option('--json', 'one JSON array'),
    'sluice audit list --since 7d',
  ).action(list);
  withExample(
    withDir(
      audit
        .command('verify')
        .description('prove that no entry was changed or removed; exit code 1 if one was'),
    )
      .option('--noted <seq:hash>', 'an entry that you noted earlier: it must still be there, unchanged')
      .option('--json', 'the verdict as JSON'),
    'sluice audit verify',
    'sluice audit verify --noted 41:3f9a…',
  ).action(verify);
}

async function list(options: { dir?: string; since: string; json?: boolean }): Promise<void> {
  const dir = directoryOf(options.dir);
  await withDatabase(loadConfig(dir), async (database) => {
    await handInPending(dir, database);
    const entries = await latestAudit(database, systemClock.now() - spanOf('--since', options.since));
    if (options.json === true) {
      const readable = entries.map(({ before, after, ...entry }) => ({
        ...entry,
        before: before === '' ? null : JSON.parse(before),
        after: after === '' ? null : JSON.parse(after),
      }));
      console.log(JSON.stringify(readable, null, 2));
      return;
    }
    if (entries.length === 0) console.log('没有记录 (no changes)');
    else
      console.log(
        table(
          ['SEQ', 'TIME (CHINA)', 'WHO', 'HOST', 'WHAT', 'TARGET', 'BEFORE → AFTER'],
          entries.map((entry) => [
            String(entry.seq),
            chinaText(entry.at),
            entry.actor,
            entry.host,
            entry.action,
            entry.target,
            short(entry.before, entry.after),
          ]),
        ),
      );
  });
}

const TEXT_MAX = 60;
const clip = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
};
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What differs, for a table; `--json` has it all. */
function short(beforeText: string, afterText: string): string {
  const before: unknown = beforeText === '' ? undefined : JSON.parse(beforeText);
  const after: unknown = afterText === '' ? undefined : JSON.parse(afterText);
  if (before === undefined) return clip(after);
  if (!isRecord(before) || !isRecord(after)) return `${clip(before)} → ${clip(after ?? 'nothing')}`;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => `${key}: ${clip(before[key] ?? '-')} → ${clip(after[key] ?? '-')}`)
    .join('; ');
}

async function verify(options: { dir?: string; noted?: string; json?: boolean }): Promise<void> {
  const dir = directoryOf(options.dir);
  const anchor = options.noted === undefined ? undefined : anchorOf(options.noted);
  await withDatabase(loadConfig(dir), async (database) => {
    await handInPending(dir, database);
    const verdict = await verifyAudit(database, anchor);
    if (verdict.faults.length > 0) process.exitCode = 1;
    if (options.json === true) {
      console.log(JSON.stringify(verdict, null, 2));
      return;
    }
    for (const { seq, fault } of verdict.faults) console.log(`entry ${seq}: ${fault}`);
    console.log(
      verdict.faults.length === 0
        ? `审计链完整 (the chain is whole): ${verdict.entries} entries. Note this: ${verdict.entries}:${verdict.head}`
        : `审计链已损坏 (the chain is broken): ${verdict.faults.length} fault(s) in ${verdict.entries} entries`,
    );
  });
}

function anchorOf(text: string): { seq: number; hash: string } {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash };
  throw new OperatorError(
    'option-invalid',
    '--noted is not SEQ:HASH',
    'Give it as "sluice audit verify" printed it.',
  );
}
