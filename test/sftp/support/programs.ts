/** Third-party SFTP clients, run beside the server that lives in the test's own process (so nothing here may block it). */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestServer } from './server.js';

export interface Outcome {
  readonly code: number | null;
  /** Standard output and error together. */
  readonly text: string;
}

export function outcomeOf(
  command: string,
  args: readonly string[],
  options: { input?: string; cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const { input, cwd, env, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    // The whole client and at once, as a power cut would.
    signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  });
}

/** Runs a program to its good end. @throws Error with what it said otherwise */
export async function runClient(...call: Parameters<typeof outcomeOf>): Promise<string> {
  const { code, text } = await outcomeOf(...call);
  if (code !== 0) throw new Error(`${call[0]} ${call[1].join(' ')} ended with ${code}:\n${text}`);
  return text;
}

/** A directory for the client's files, with its private key; `made(name, bytes)` makes a file of random bytes in it. */
export function clientDirectory(server: TestServer) {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-client-'));
  const keyFile = join(dir, 'key');
  writeFileSync(keyFile, server.privateKey, { mode: 0o600 });
  return {
    dir,
    keyFile,
    at: (name: string) => join(dir, name),
    made(name: string, bytes: number): string {
      const file = join(dir, name);
      writeFileSync(file, randomBytes(bytes));
      return file;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
export type ClientDirectory = ReturnType<typeof clientDirectory>;

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part);
  return hash.digest('hex');
}

/** Options that `ssh`, `sftp` and `scp` share. */
export const sshOptions = ({ keyFile }: ClientDirectory): string[] =>
  [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'IdentitiesOnly=yes',
    `IdentityFile=${keyFile}`,
  ].flatMap((option) => ['-o', option]);

/** OpenSSH's batch mode: ends with an error at the first command that fails, but for those that begin with `-`. */
export const sftpBatch = (
  server: TestServer,
  client: ClientDirectory,
  commands: readonly string[],
  options: { args?: readonly string[]; signal?: AbortSignal } = {},
): Promise<Outcome> =>
  outcomeOf(
    'sftp',
    [
      ...sshOptions(client),
      '-P',
      String(server.port),
      ...(options.args ?? []),
      '-b',
      '-',
      'platform@127.0.0.1',
    ],
    {
      input: `${commands.join('\n')}\n`,
      cwd: client.dir,
      ...(options.signal ? { signal: options.signal } : {}),
    },
  );
