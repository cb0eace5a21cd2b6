/* What root writes into the gateway's directory belongs to the owner of the folder: after `sudo sluice …` the gateway, another user, must read it. */
import { chown, mkdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** Gives the path to the owner of this folder. Does nothing for other users than root, who could not. */
export async function giveToOwnerOf(folder: string, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(folder);
  if (uid !== 0) await chown(path, uid, gid);
}

/** Makes the folder and those above it that are missing, mode 0750, each for the owner of the one above it. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o750 });
  if (first === undefined) return;
  const below = relative(first, folder).split(sep).filter(Boolean);
  for (let depth = 0; depth <= below.length; depth++) {
    const made = join(first, ...below.slice(0, depth));
    await giveToOwnerOf(dirname(made), made);
  }
}
