/** A name where the platform looks may be taken by a file that is not ours: it is never overwritten. */
import { OperatorError } from '../../errors.js';
import type { OutgoingPlace } from '../place.js';
import type { OutgoingFile } from './outgoing-file.js';
import type { OutgoingTable } from './outgoing-table.js';

/**
 * @param file not published so far
 * @throws {OperatorError} `file-foreign` when something lies there that neither this file nor an earlier one of that name explains
 */
export async function refuseForeign(
  table: OutgoingTable,
  place: OutgoingPlace,
  file: OutgoingFile,
): Promise<void> {
  const found = await place.check(file.name);
  if (found === undefined) return;
  const ours = await table.named(file.unit, file.name);
  const known = ours.some(
    ({ bytes, sha256 }) => bytes === found.bytes && (found.sha256 === undefined || found.sha256 === sha256),
  );
  if (known) return;
  throw new OperatorError(
    'file-foreign',
    `another file of the name ${file.name} lies at ${place.name} already, and it is not ours`,
    `Find out where it comes from and move it away; then 'sluice exchange resend ${file.id}' goes on at once.`,
  );
}
