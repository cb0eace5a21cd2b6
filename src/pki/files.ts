/** Where certificates lie under the gateway's directory, and how files are replaced so that no reader sees half of one. */
import { chmod, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemIds } from '../clock.js';
import { codeOf, messageOf, OperatorError } from '../errors.js';
import { giveToOwnerOf, makeFolder } from '../folder-owner.js';

/** Everything below `DIR/certs`. */
export const certificateFiles = (dir: string) => {
  const certs = join(dir, 'certs');
  return {
    certs,
    serverCert: join(certs, 'server.crt'),
    serverKey: join(certs, 'server.key'),
    nextCert: join(certs, 'server.next.crt'),
    nextKey: join(certs, 'server.next.key'),
    rotation: join(certs, 'rotation.json'),
    request: join(certs, 'server.csr'),
    requestKey: join(certs, 'server.csr.key'),
    peers: join(certs, 'peers.json'),
    revoked: join(certs, 'revoked.json'),
    crls: join(certs, 'crl'),
    ca: join(certs, 'ca'),
    caCert: join(certs, 'ca', 'ca.crt'),
    caKey: join(certs, 'ca', 'ca.key'),
    caRegister: join(certs, 'ca', 'register.json'),
    caCrl: join(certs, 'crl', 'local-ca.crl'),
  };
};

/**
 * Writes the whole file durably or not at all. Secrets get mode 0600 before a byte is in them.
 * Root writes for the owner of the folder.
 */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  kind: 'public' | 'secret',
): Promise<void> {
  const mode = kind === 'secret' ? 0o600 : 0o644;
  await makeFolder(dirname(file));
  const temporary = `${file}.${systemIds.digits(8)}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, mode); // the umask may have taken bits of the public one away
    await giveToOwnerOf(dirname(file), temporary);
    await rename(temporary, file);
    const place = await open(dirname(file), 'r');
    await place.sync().finally(() => place.close());
  } catch (error) {
    await rm(temporary, { force: true });
    throw new OperatorError(
      'file-unwritable',
      `${file} cannot be written: ${messageOf(error)}`,
      'Check that the directory exists, belongs to the user who runs sluice, and that the disk has room.',
      { cause: error },
    );
  }
}

/** The content, or `undefined` when there is no such file. @throws OperatorError when it is there and cannot be read. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new OperatorError(
      'file-unreadable',
      `${file} cannot be read: ${messageOf(error)}`,
      'Give the user who runs sluice the right to read it.',
      { cause: error },
    );
  }
}
