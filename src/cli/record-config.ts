/* sluice.yaml is changed by hand: what differs from when it was last in force goes into the audit log like any other change. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { codeOf } from '../errors.js';
import { writeWhole } from '../pki/index.js';
import { recordChange, withoutSecrets } from './record-change.js';

const sections = z.record(z.string(), z.unknown());
/** A section as it may be kept and shown, and the digest that tells when a secret in it was changed. */
const seenSchema = z.record(z.string(), z.object({ sha256: z.string(), value: z.unknown() }));
type Seen = z.infer<typeof seenSchema>;

const seenFile = (dir: string) => join(dir, 'audit', 'sluice.yaml.json');

/**
 * Records which sections of sluice.yaml differ from when this was last called for the directory; the first call has nothing to
 * compare with. Call it when the file is valid and is taken into force.
 */
export async function recordConfigChange(dir: string): Promise<void> {
  const before = await readSeen(dir);
  const after = await readSections(dir);
  const names = [...new Set([...Object.keys(before ?? after), ...Object.keys(after)])].sort();
  const changed = names.filter(
    (name) => before !== undefined && before[name]?.sha256 !== after[name]?.sha256,
  );
  if (changed.length > 0) {
    const valuesOf = (seen: Seen = {}) =>
      Object.fromEntries(changed.map((name) => [name, seen[name]?.value]));
    await recordChange(dir, {
      ...{ action: 'config change', target: changed.join(', ') },
      ...{ before: valuesOf(before), after: valuesOf(after) },
    });
  }
  // After it, so that a crash in between records twice: better than never.
  if (before === undefined || changed.length > 0)
    await writeWhole(seenFile(dir), JSON.stringify(after), 'secret');
}

async function readSections(dir: string): Promise<Seen> {
  const whole = sections.parse(parse(await readFile(join(dir, 'sluice.yaml'), 'utf8')) ?? {});
  const seen = Object.entries(whole).map(([name, value]) => {
    const sha256 = createHash('sha256').update(JSON.stringify(value)).digest('hex');
    return [name, { sha256, value: withoutSecrets(value) }] as const;
  });
  return Object.fromEntries(seen);
}

async function readSeen(dir: string): Promise<Seen | undefined> {
  try {
    return seenSchema.parse(JSON.parse(await readFile(seenFile(dir), 'utf8')));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
