/** Where the files of the accounts lie. The exchange pipeline and the SFTP server meet here and nowhere else. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `upload`: the account writes, we read. `download`: we write, it reads. `archive`: what was processed, for it to read. */
export const areas = ['upload', 'download', 'archive'] as const;
export type Area = (typeof areas)[number];
export const isArea = (text: string | undefined): text is Area => areas.some((area) => area === text);

/** Where unfinished uploads lie. On the file system of the trees (a rename must do), and outside each of them. */
const PARTIAL_FOLDER = '.partial';

/** An account's name is a folder's name: lower case, so that no two differ by case alone, and no leading dot. */
export const ACCOUNT_NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export const accountDir = (root: string, account: string): string => join(root, account);
export const areaDir = (root: string, account: string, area: Area): string => join(root, account, area);
export const uploadDir = (root: string, account: string): string => areaDir(root, account, 'upload');
export const downloadDir = (root: string, account: string): string => areaDir(root, account, 'download');
export const archiveDir = (root: string, account: string): string => areaDir(root, account, 'archive');
/** Unfinished uploads of an account; the same names below as in its `upload`. */
export const partialDir = (root: string, account: string): string => join(partialRoot(root), account);
export const partialRoot = (root: string): string => join(root, PARTIAL_FOLDER);

/** Only our own user and group: the files carry names and amounts. */
const FOLDER_MODE = 0o750;

/** Makes the folders of an account that are not there yet. */
export async function makeAccountTree(root: string, account: string): Promise<void> {
  const made = { recursive: true, mode: FOLDER_MODE };
  for (const area of areas) await mkdir(areaDir(root, account, area), made);
  await mkdir(partialDir(root, account), made);
}
