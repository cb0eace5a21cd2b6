/** A file that an operator drops in (`sluice exchange import FILE`): the same way as every other from the spool onwards. */
import { constants, copyFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { codeOf, OperatorError } from '../../errors.js';
import { readFileName } from '../../protocol/index.js';
import type { Unit } from '../../revenue/unit.js';
import { isIncomingType } from '../file-type.js';
import { syncPath } from '../layout.js';
import { type IntakeParts, register, type Taken } from './intake.js';

export interface ImportOrder {
  readonly path: string;
  /** `undefined`: the name tells. */
  readonly unit: string | undefined;
  readonly orderedBy: string;
}

/**
 * Copies the file in and registers it.
 * @throws {OperatorError} `file-missing`, `file-name-unusable`, `unit-unknown`, `unit-undecided`
 */
export async function importFile(
  parts: IntakeParts,
  units: ReadonlyMap<string, Unit>,
  order: ImportOrder,
): Promise<Taken> {
  const name = basename(order.path);
  const stats = await statsOf(order.path);
  const read = readFileName(name, '', (id) => units.has(id));
  if (!read.ok || !isIncomingType(read.name.type)) {
    const why = read.ok ? `${read.name.type} is a file of ours, which is made and not taken in` : read.detail;
    throw new OperatorError(
      'file-name-unusable',
      `${name}: ${why}`,
      'Name it as the platform does, e.g. SDDL_DSDZ_37101_20240405.txt.',
    );
  }
  const known = read.name;
  const unit = unitFor(units, order.unit, known.unit, name);
  const { spool, clock } = parts;
  const place = 'import';
  const { type, day } = known;
  const stamp = `${stats.size}-${Math.trunc(stats.mtimeMs)}`;
  const { orderedBy } = order;
  const foundAt = clock.now();
  const spooled = await spool.create({
    unit: unit.id,
    type,
    day,
    name,
    place,
    stamp,
    source: 'import',
    foundAt,
    orderedBy,
  });
  try {
    await copyFile(order.path, spool.absolute(spooled.file), constants.COPYFILE_EXCL);
    await syncPath(spool.absolute(spooled.file));
  } catch (error) {
    await spool.discard(spooled);
    throw error;
  }
  return register(parts, spooled);
}

async function statsOf(path: string) {
  try {
    const stats = await stat(path);
    if (stats.isFile()) return stats;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  throw new OperatorError(
    'file-missing',
    `there is no file ${path}`,
    'Give the path of the file to take in.',
  );
}

function unitFor(
  units: ReadonlyMap<string, Unit>,
  given: string | undefined,
  named: string | undefined,
  name: string,
): Unit {
  if (given !== undefined && named !== undefined && given !== named) {
    throw new OperatorError(
      'unit-undecided',
      `${name} belongs to unit ${named} by its name, and --unit says ${given}`,
      'Leave --unit out, or rename the file.',
    );
  }
  const organisation = name.split('_')[0]?.toUpperCase();
  const byShortName = [...units.values()].filter((unit) => unit.shortName.toUpperCase() === organisation);
  const id = given ?? named ?? (units.size === 1 ? [...units.keys()][0] : undefined);
  const unit = id === undefined && byShortName.length === 1 ? byShortName[0] : units.get(id ?? '');
  if (unit) return unit;
  throw id === undefined
    ? new OperatorError(
        'unit-undecided',
        `the name ${name} does not tell the clearing unit`,
        'Give it with --unit.',
      )
    : new OperatorError(
        'unit-unknown',
        `there is no clearing unit ${id}`,
        "See them with 'sluice config check --json'.",
      );
}
