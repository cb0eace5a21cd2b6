/* Whom a testing command talks to: the gateway of a directory, or any server named with --target. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { directoryOf, type LoadedConfig, loadConfig } from '../config/index.js';
import { codeOf, OperatorError } from '../errors.js';
import { defaultUnitDialect, type UnitDialect } from '../protocol/index.js';
import { type Target, targetOf } from '../tools/index.js';
import { withDir } from './options.js';

export interface TargetOptions {
  readonly dir?: string;
  readonly target?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly timeout?: number;
  readonly dialect?: Readonly<Record<string, string>>;
  /** The only version of TLS that is spoken. */
  readonly tls?: '1.2' | '1.3';
}
/** The options of every command that connects as the platform. */
export const withTarget = (command: Command): Command =>
  withDir(command)
    .option('--target <host:port>', "another server than the directory's gateway")
    .option('--cert <file>', "client certificate (default: the directory's certs/platform.crt)")
    .option('--key <file>', 'its key (default: certs/platform.key)')
    .option('--ca <file>', "whom to trust: the server's CA or its own certificate (default: certs/ca.crt)")
    .option('--timeout <ms>', 'how long to wait for an answer', wholeNumber, 30_000);

export const withDialect = (command: Command): Command =>
  command.option(
    '--dialect <name=value>',
    'a dialect setting of the unit, e.g. amountUnit=yuan; repeatable (default: as in sluice.yaml)',
    (text: string, before: Record<string, string> = {}) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
      if (name === undefined || value === undefined || !Object.hasOwn(defaultUnitDialect, name)) {
        throw new InvalidArgumentError(
          `expected NAME=VALUE, NAME one of ${Object.keys(defaultUnitDialect).join(', ')}`,
        );
      }
      return { ...before, [name]: value };
    },
  );

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}
/** A number greater than zero. */
export function positive(text: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('expected a number above 0');
  return Number(text);
}

export interface Found {
  readonly target: Target;
  /** Of the directory; `undefined` where the target is foreign and there is none. */
  readonly config: LoadedConfig | undefined;
  /** The dialect of a unit: as in sluice.yaml, with what `--dialect` says. */
  dialectOf(unit: string): UnitDialect;
  /** The unit's short name, for the head. */
  shortNameOf(unit: string): string;
}
/** @throws {OperatorError} for a missing certificate, configuration or port */
export function findTarget(options: TargetOptions): Found {
  const dir = directoryOf(options.dir);
  const config = configOf(dir, options);
  const read = (given: string | undefined, name: string) => readPem(given ?? join(dir, 'certs', name));
  const tls = {
    cert: read(options.cert, 'platform.crt'),
    key: read(options.key, 'platform.key'),
    ca: read(options.ca, 'ca.crt'),
    // A self-signed server certificate may be named as its own CA, and so may an issuer that is no root.
    allowPartialTrustChain: true,
    ...(options.tls && ({ minVersion: `TLSv${options.tls}`, maxVersion: `TLSv${options.tls}` } as const)),
  };
  const [host, port] = addressOf(dir, config, options);
  const unitOf = (id: string) => config?.units.find((unit) => unit.id === id);
  return {
    target: targetOf(host, port, tls, options.timeout),
    config,
    dialectOf: (unit) => ({ ...defaultUnitDialect, ...unitOf(unit)?.dialect, ...options.dialect }),
    shortNameOf: (unit) => unitOf(unit)?.shortName ?? 'SLUICE',
  };
}

function configOf(dir: string, { target }: TargetOptions): LoadedConfig | undefined {
  try {
    return loadConfig(dir);
  } catch (error) {
    // A foreign server is asked without a directory of ours.
    if (target !== undefined && error instanceof OperatorError && error.code === 'config-missing')
      return undefined;
    throw error;
  }
}
function addressOf(
  dir: string,
  config: LoadedConfig | undefined,
  { target }: TargetOptions,
): [string, number] {
  if (target !== undefined) {
    const [, host, port] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(target) ?? [];
    if (host === undefined || port === undefined) {
      throw new OperatorError(
        'target-invalid',
        `--target ${target} is not HOST:PORT`,
        'For instance --target 127.0.0.1:1224',
      );
    }
    return [host, Number(port)];
  }
  const { host = '127.0.0.1', port = 0 } = config?.server ?? {};
  const running = runningPort(dir) ?? port;
  if (running === 0) {
    throw new OperatorError(
      'not-running',
      `no gateway runs on ${dir}, and its port is not fixed`,
      `Start it with 'sluice serve --dir ${dir}', or name a server with --target HOST:PORT.`,
    );
  }
  return [host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host, running];
}
/** The port that a running gateway wrote down; with SLUICE_PORT=0 nothing else knows it. */
function runningPort(dir: string): number | undefined {
  try {
    const ports: unknown = JSON.parse(readFileSync(join(dir, 'run', 'ports.json'), 'utf8'));
    const isRecord = typeof ports === 'object' && ports !== null && 'platform' in ports;
    return isRecord && typeof ports.platform === 'number' ? ports.platform : undefined;
  } catch {
    return undefined;
  }
}
function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new OperatorError(
      'client-certificate-missing',
      `${file} cannot be read (${codeOf(error)})`,
      "Name the platform's certificate, key and CA with --cert, --key and --ca; 'sluice init --demo' makes some to try.",
      { cause: error },
    );
  }
}
/** A PEM file named by an option, else one of the directory's certificates. */
export const readPemOf = (dir: string, given: string | undefined, name: string): Buffer =>
  readPem(given ?? join(dir, 'certs', name));
