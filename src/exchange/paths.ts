/** Names and paths from outside (spec files.md "Types"): data, never trusted. Pure. */

import { isSafeFileName } from '../protocol/index.js';

const DEPTH_MAX = 8;

/**
 * Where a file may lie that a notice names, relative to the account's `upload`, most likely first. `filePath` is written in many ways
 * (`/upload/`, `/download`, `./`, `\a\`, empty) and often wrong, so the bare name is always looked for, too. Nothing leads out of the tree:
 * `..` goes up, at most to the root.
 */
export function candidatePaths(filePath: string, fileName: string, account: string): readonly string[] {
  const names: string[] = [];
  for (const part of filePath.replaceAll('\\', '/').split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') names.pop();
    else names.push(part);
  }
  // Some platforms repeat the file's name in the path.
  if (names.at(-1) === fileName) names.pop();
  if (names[0]?.toLowerCase() === account) names.shift();
  if (names[0] === 'upload' || names[0] === 'download') names.shift();
  const isUsable = names.length > 0 && names.length <= DEPTH_MAX && names.every(isSafeFileName);
  return isUsable ? [[...names, fileName].join('/'), fileName] : [fileName];
}
