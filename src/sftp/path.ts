/** From a client's path to the names from the account's root downwards. Pure: whether something is there is asked elsewhere. */

/** Names under the account's root, none of them empty, `.` or `..`. */
export type Names = readonly string[];
export type ResolvedPath = { readonly ok: true; readonly names: Names } | { readonly ok: false };

/** Linux allows 255 bytes in a name and 4096 in a path; half a path leaves room for where the tree itself lies. */
export const NAME_BYTES_MAX = 255;
export const PATH_BYTES_MAX = 2048;
/** Each level is an open directory while a path is walked; nobody sorts exchange files sixteen levels deep. */
export const DEPTH_MAX = 16;

const refused: ResolvedPath = { ok: false };

/**
 * Resolves `.`, `..` and doubled slashes by text alone, as there are no links that could make it differ. The root is its own parent,
 * and a relative path begins at the root.
 */
export function resolvePath(text: string | undefined): ResolvedPath {
  if (text === undefined || Buffer.byteLength(text) > PATH_BYTES_MAX) return refused;
  const names: string[] = [];
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      names.pop();
      continue;
    }
    if (!isPossibleName(part)) return refused;
    names.push(part);
  }
  return names.length > DEPTH_MAX ? refused : { ok: true, names };
}

/** As REALPATH shows it. */
export const pathText = (names: Names): string => `/${names.join('/')}`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]/;

/** A name that can stand for something in the tree. Control characters could forge lines in a log or a listing. */
function isPossibleName(name: string): boolean {
  return Buffer.byteLength(name) <= NAME_BYTES_MAX && !CONTROL.test(name) && !name.includes('\\');
}

/**
 * A name that may be made. Names that look like another (space or dot at the end, space before) are refused, and so is the colon,
 * since the archive may be copied to a Windows share where `a.`, `a ` and `a:b` are the file `a`.
 */
export const isCreatableName = (name: string): boolean => !/^\s|[\s.]$|[:*?"<>|]/.test(name);

/** `undefined` for a plain name; for one with an ending such as `.filepart` that ending, which says "not finished yet". */
export function unfinishedEnding(name: string, endings: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  return endings.find((ending) => lower.length > ending.length && lower.endsWith(ending));
}
