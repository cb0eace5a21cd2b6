import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isMap, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { codeOf, OperatorError } from '../errors.js';
import { applyEnvironment } from './environment.js';
import { type Config, configSchema } from './schema.js';

export interface LoadedConfig extends Config {
  /** Absolute path of the directory that everything relative in the configuration is relative to. */
  readonly dir: string;
}

/** The directory to work in: `--dir`, else `SLUICE_DIR`, else `demo`. */
export const directoryOf = (given: string | undefined): string =>
  resolve(given ?? process.env.SLUICE_DIR ?? 'demo');

/**
 * Reads and checks `sluice.yaml` of the directory, with the environment's overrides.
 * @throws {OperatorError} naming file, line, path and what is allowed; nothing is used of a configuration with an error
 */
export function loadConfig(dir: string, env: NodeJS.ProcessEnv = process.env): LoadedConfig {
  const file = join(dir, 'sluice.yaml');
  return checkConfig(dir, readConfigFile(file, dir), env);
}

/** The same for a text that is not (yet) in its file. */
export function checkConfig(dir: string, text: string, env: NodeJS.ProcessEnv): LoadedConfig {
  const file = join(dir, 'sluice.yaml');
  const raw = parseYaml(file, text);
  applyEnvironment(raw.value, env);
  const checked = configSchema.safeParse(raw.value);
  if (!checked.success) {
    const lines = checked.error.issues.map((issue) => `${file}${raw.lineOf(issue.path)}: ${explain(issue)}`);
    throw new OperatorError(
      'config-invalid',
      `the configuration is not valid:\n  ${lines.join('\n  ')}`,
      `Correct the file, then run 'sluice config check --dir ${dir}'. Nothing of it was used.`,
    );
  }
  return { ...checked.data, dir };
}

function readConfigFile(file: string, dir: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw codeOf(error) === 'ENOENT'
      ? new OperatorError(
          'config-missing',
          `there is no configuration ${file}`,
          `Make one with 'sluice init --dir ${dir}' (add --demo for demo data), or name another directory with --dir or SLUICE_DIR.`,
          { cause: error },
        )
      : new OperatorError(
          'config-unreadable',
          `the configuration ${file} cannot be read (${codeOf(error)})`,
          'Give the user that runs sluice the right to read it.',
          { cause: error },
        );
  }
}

function parseYaml(file: string, text: string) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault) {
    throw new OperatorError(
      'config-invalid',
      `${file}:${fault.linePos?.[0].line ?? 1}: not valid YAML: ${fault.message.split('\n')[0]}`,
      'Correct the line. Indentation is spaces, never tabs; texts like "00" need quotes.',
    );
  }
  const value: unknown = document.toJS() ?? {};
  return {
    value,
    /** `:line` of the deepest node on the path that is written in the file. */
    lineOf(path: readonly PropertyKey[]): string {
      for (let depth = path.length; depth > 0; depth--) {
        const node = document.getIn(path.slice(0, depth), true) as Node | undefined;
        if (node?.range) return `:${lines.linePos(node.range[0]).line}`;
      }
      return isMap(document.contents) ? ':1' : '';
    },
  };
}

function explain(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.') || '(top level)';
  switch (issue.code) {
    case 'invalid_value':
      return `${path}: allowed are ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `${path}: unknown setting ${issue.keys.join(', ')}`;
    default:
      return `${path}: ${issue.message}`;
  }
}
