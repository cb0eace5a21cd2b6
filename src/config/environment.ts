import { OperatorError } from '../errors.js';

/** Environment variable → path in sluice.yaml. The variable wins. */
export const environmentOverrides = {
  SLUICE_HOST: ['server', 'host'],
  SLUICE_PORT: ['server', 'port'],
  SLUICE_METRICS_PORT: ['metrics', 'port'],
  SLUICE_SFTP_PORT: ['sftp', 'port'],
  SLUICE_DATABASE_URL: ['database', 'url'],
  SLUICE_CAPTURE: ['capture', 'dir'],
  SLUICE_LOG_LEVEL: ['log', 'level'],
} as const satisfies Record<string, readonly [string, ...string[]]>;

/** Writes the overrides that are set into the raw configuration, before it is checked. */
export function applyEnvironment(raw: unknown, env: NodeJS.ProcessEnv): void {
  for (const [variable, path] of Object.entries(environmentOverrides)) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    const isPort = path.at(-1) === 'port';
    if (isPort && !/^\d{1,5}$/.test(text)) {
      throw new OperatorError(
        'environment-invalid',
        `${variable} is not a port number`,
        'Set it to 0 (any free port) … 65535.',
      );
    }
    setIn(raw, path, isPort ? Number(text) : text);
  }
}

function setIn(raw: unknown, path: readonly string[], value: unknown): void {
  let at = raw;
  for (const [depth, key] of path.entries()) {
    if (typeof at !== 'object' || at === null) return;
    const record = at as Record<string, unknown>;
    if (depth === path.length - 1) {
      record[key] = value;
    } else {
      record[key] ??= {};
      at = record[key];
    }
  }
}
