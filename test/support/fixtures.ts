import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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
