/* What commands about one clearing unit share. */
import { OperatorError } from '../errors.js';
import { printable } from '../log.js';
import type { Unit } from '../revenue/unit.js';
import type { SftpPlace } from './sftp-database.js';

/** The unit that `--unit` names. @throws {OperatorError} when it is not configured */
export function unitOf({ config }: Pick<SftpPlace, 'config'>, id: string): Unit {
  const unit = config.units.find((one) => one.id === id);
  if (unit !== undefined) return unit;
  throw new OperatorError(
    'option-invalid',
    `--unit ${printable(id)} is not configured`,
    `Configured are ${config.units.map((one) => one.id).join(', ')}.`,
  );
}
