/** File names and paths are data from outside (spec files.md "Types"): read strictly, and never used as a path before that. */
import { type Day, parseDay } from '../values.js';
import { exchangeFiles, type FileType, fileTypes } from './exchange-files.js';

export const FILE_NAME_CHARS_MAX = 128;

export interface FileName {
  readonly type: FileType;
  /** DSDZ: the business day; ours: the day of generation. */
  readonly day: Day;
  /** First token: the sender's short name. */
  readonly org: string;
  /** Where the name has one; else it comes from the message. */
  readonly unit: string | undefined;
  /** Tokens that are none of these, e.g. an area. */
  readonly area: string | undefined;
}
export type FileNameFault = 'unsafe' | 'no-type' | 'no-day';
export type FileNameRead =
  | { readonly ok: true; readonly name: FileName }
  | { readonly ok: false; readonly fault: FileNameFault; readonly detail: string };

/** True for a plain name without a path: letters, digits, `_`, `.`, `-`, not beginning with a dot. */
export const isSafeFileName = (name: string): boolean =>
  name.length <= FILE_NAME_CHARS_MAX && /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(name);

const typeByToken = new Map<string, FileType>(
  fileTypes.flatMap((type) => [type, exchangeFiles[type].inName].map((token) => [token, type] as const)),
);
/** The type that a message or a name calls so, or `undefined`. */
export const fileTypeOf = (text: string): FileType | undefined => typeByToken.get(text.trim().toUpperCase());

/**
 * Reads a file's name, in each shape that is in use.
 * @param announced the `fileType` of the message: counts only where the name has none
 * @param isUnit tells a clearing unit from an area; by default a unit is a token of digits
 */
export function readFileName(
  name: string,
  announced = '',
  isUnit: (token: string) => boolean = (token) => /^\d{1,16}$/.test(token),
): FileNameRead {
  if (!isSafeFileName(name)) {
    return { ok: false, fault: 'unsafe', detail: 'the name has more than letters, digits, _ . -' };
  }
  const [org = '', ...tokens] = name.replace(/\.[A-Za-z0-9]{1,8}$/, '').split('_');
  const dayAt = dayPosition(tokens);
  const day = parseDay(tokens[dayAt] ?? '');
  if (day === undefined)
    return { ok: false, fault: 'no-day', detail: 'the name has no day yyyyMMdd that exists' };
  const typeAt = tokens.findIndex((token, at) => at !== dayAt && typeByToken.has(token.toUpperCase()));
  const type = fileTypeOf(tokens[typeAt] ?? '') ?? fileTypeOf(announced);
  if (type === undefined)
    return { ok: false, fault: 'no-type', detail: 'neither name nor message has a known type' };
  const others = tokens.filter((_, at) => at !== dayAt && at !== typeAt);
  const unit = dayAt < tokens.length - 1 ? tokens.at(-1) : others.find(isUnit);
  const area = others.find((token) => token !== unit);
  return { ok: true, name: { type, day, org, unit, area } };
}
/** The day is the last token, or the last but one before a trailing unit. */
function dayPosition(tokens: readonly string[]): number {
  const last = tokens.length - 1;
  return /^\d{8}$/.test(tokens[last] ?? '') ? last : last - 1;
}

/** Shapes seen in production; the first is ours by default. */
export const fileNamePatterns = [
  'ORG_TYPE_UNIT_yyyyMMdd.txt',
  'ORG_UNIT_TYPE_yyyyMMdd.txt',
  'ORG_TYPE_yyyyMMdd.txt',
  'ORG_AREA_TYPE_yyyyMMdd_UNIT.txt',
] as const;

/** What is wrong with a pattern, or `undefined`: it must be safe and have type and day, and what it writes must read back. */
export function filePatternFault(pattern: string): string | undefined {
  const probe = { type: 'JF', day: '20240404', org: 'ORG', unit: '37101', area: 'AREA' };
  const read = readFileName(fill(pattern, { ...probe, type: 'JF' }));
  if (!read.ok) return read.detail;
  const { type, day, unit } = read.name;
  if (type !== 'JF' || day !== probe.day) return 'TYPE and yyyyMMdd must stand in it, between _';
  return unit === undefined || unit === probe.unit
    ? undefined
    : 'the trailing part is read as the clearing unit';
}

/**
 * The name of one of our files.
 * @throws {RangeError} when it would not be a safe name: the unit's short name or the pattern is configured wrong
 */
export function writeFileName(
  pattern: string,
  parts: Omit<FileName, 'unit'> & { readonly unit: string },
): string {
  const name = fill(pattern, { ...parts, type: exchangeFiles[parts.type].inName, area: parts.area ?? '' });
  if (!isSafeFileName(name))
    throw new RangeError('the pattern and the short name do not make a safe file name');
  return name;
}
const fill = (
  pattern: string,
  { type, day, org, unit, area }: { type: string; day: string; org: string; unit: string; area: string },
): string =>
  pattern.replace(/ORG|TYPE|UNIT|AREA|yyyyMMdd/g, (part) => {
    const values: Readonly<Record<string, string>> = {
      ORG: org,
      TYPE: type,
      UNIT: unit,
      AREA: area,
      yyyyMMdd: day,
    };
    return values[part] ?? part;
  });

/**
 * The folder that a `filePath` means, as path segments below the account's tree (`/upload/`, `/download`, `./`, `\a\`, empty),
 * or `undefined` when it could lead out of it.
 */
export function readFilePath(path: string): readonly string[] | undefined {
  const segments = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  return segments.every(isSafeFileName) && segments.length <= 8 ? segments : undefined;
}
