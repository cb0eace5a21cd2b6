import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerDialect } from '../../src/protocol/index.js';

/** A captured exchange: the data text, the whole frame, the dialect it belongs to, what must come of it. */
export interface MessageFixture {
  readonly name: string;
  readonly note: string;
  readonly serviceCode: string;
  readonly dialect: Readonly<Record<string, unknown>>;
  readonly data: string;
  readonly frameHex: string;
  readonly expect: Readonly<Record<string, unknown>>;
}
const root = join(import.meta.dirname, '../../fixtures');
/** All captured messages, by name. */
export const messageFixtures: readonly MessageFixture[] = readdirSync(join(root, 'messages'))
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(root, 'messages', name), 'utf8')) as MessageFixture);
/** The captured message whose name begins so, e.g. `08`. */
export function messageFixture(prefix: string): MessageFixture {
  const found = messageFixtures.find(({ name }) => name.startsWith(prefix));
  if (found === undefined) throw new Error(`no fixture ${prefix}`);
  return found;
}
export const filesDir = join(root, 'files');

/** A defect of real peers (spec "Frame"): what is sent, and what comes of it under the strict dialect and a tolerant one. */
export interface DefectFixture {
  readonly name: string;
  readonly note: string;
  readonly frameHex: string;
  /** A result code; `closed` without an answer; `waits` for bytes that never come. */
  readonly strict: string;
  readonly tolerant?: { readonly dialect: Partial<PeerDialect>; readonly expect: string };
}
/** All defects, by name. */
export const defectFixtures: readonly DefectFixture[] = readdirSync(join(root, 'defects'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(root, 'defects', name), 'utf8')) as DefectFixture);
/** Each defect with each dialect that its fixture knows: a title, the peer's dialect, what must come of it. */
export const defectCases = defectFixtures.flatMap(({ name, frameHex, strict, tolerant }) => {
  const bytes = Buffer.from(frameHex, 'hex');
  const dialect: Partial<PeerDialect> = {};
  const first = { title: name, bytes, dialect, expected: strict };
  if (tolerant === undefined) return [first];
  const setting = Object.values(tolerant.dialect).join(', ');
  return [
    first,
    { title: `${name}, ${setting}`, bytes, dialect: tolerant.dialect, expected: tolerant.expect },
  ];
});
