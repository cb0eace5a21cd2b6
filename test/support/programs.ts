/** Running third-party programs in tests. */
import { spawnSync } from 'node:child_process';

/** Runs a program to its end. @throws Error with what it said when it fails. */
export function run(command: string, args: readonly string[], input?: string | Buffer): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, timeout: 60_000 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout.toString('utf8');
}

/** What a program said, and its exit code, also when it fails. */
export function outcome(command: string, args: readonly string[], input?: string | Buffer) {
  const { status, stdout, stderr } = spawnSync(command, args, { input, timeout: 60_000 });
  return { status, text: `${stdout}${stderr}` };
}
