/** What an operator may order about a file of the platform: take it up again, or put it aside. */
import { copyFile, stat } from 'node:fs/promises';
import { chinaText } from '../../clock.js';
import { hasLabel } from '../../database/index.js';
import { OperatorError } from '../../errors.js';
import { digestOfFile } from '../digest.js';
import { isThere, removeFile, syncPath } from '../layout.js';
import type { IncomingFile } from './incoming-file.js';
import { type IntakeParts, mustFind, type Taken } from './intake.js';

/**
 * Takes a refused or quarantined file up again: it is checked as if it had just come. A processed file of the same name steps aside.
 * @throws {OperatorError} `file-not-released`, `name-held`, `file-gone`
 */
export async function releaseFile(parts: IntakeParts, file: IncomingFile, orderedBy: string): Promise<Taken> {
  const { table, spool, steps, clock } = parts;
  const kept = spool.absolute(file.storedPath);
  if (file.state !== 'refused' && file.state !== 'quarantined') {
    throw new OperatorError(
      'file-not-released',
      `${file.name} is ${file.state}, not in quarantine`,
      "See what is: 'sluice exchange quarantine'.",
    );
  }
  if (!(await isThere(kept)) || (await digestOfFile(kept)) !== file.sha256) {
    throw new OperatorError(
      'file-gone',
      `the content of ${file.name} is not kept any more`,
      'Ask the platform for it again.',
    );
  }
  const { unit, type, day, name, place, source } = file;
  const foundAt = clock.now();
  const stamp = `released ${(await stat(kept)).size}`;
  const spooled = await spool.create({ unit, type, day, name, place, stamp, source, foundAt, orderedBy });
  await copyFile(kept, spool.absolute(spooled.file));
  await syncPath(spool.absolute(spooled.file));
  const claim = parts.newClaim();
  const how = { claim, path: spooled.file, orderedBy, instead: true };
  const reopened = await table.reopen(file, how, clock.now()).catch((error: unknown) => {
    if (hasLabel(error, 'duplicate')) return false;
    throw error;
  });
  if (!reopened) {
    await spool.discard(spooled);
    throw new OperatorError(
      'name-held',
      `another file of the name ${name} is being worked on`,
      `Wait until it is processed, or put it aside first: 'sluice exchange quarantine ID'.`,
    );
  }
  await steps.add(file.id, 'released', `${orderedBy} ${chinaText(clock.now())}`);
  await removeFile(kept);
  await removeFile(`${kept}.json`);
  return { file: await mustFind(table, file.id), kind: 'new', claim };
}

/** Puts a file aside that is not processed yet. @throws {OperatorError} `file-not-quarantined` */
export async function quarantineFile(
  parts: IntakeParts,
  file: IncomingFile,
  reason: string,
  orderedBy: string,
): Promise<void> {
  const { table, steps, clock } = parts;
  const claim = parts.newClaim();
  const waits = file.state === 'whole' || file.state === 'parsed';
  if (!waits || !(await table.claim(file.id, claim, clock.now()))) {
    throw new OperatorError(
      'file-not-quarantined',
      `${file.name} is ${file.state}, or just being worked on`,
      'Only what waits for its processing can be put aside; what is processed is corrected by its own commands.',
    );
  }
  const detail = `${orderedBy}: ${reason}`;
  await table.setFinished(
    file,
    claim.token,
    { state: 'quarantined', refusal: 'operator', detail },
    clock.now(),
  );
  await table.leaseOf(file.id).release(claim.token);
  await steps.add(file.id, 'quarantined', detail);
}
