/** The bodies of an exchange as they are kept, member by member with their Chinese names. */
import { defaultUnitDialect, messageOf, wireDialectOf } from '../protocol/index.js';
import type { ExchangeRecord } from '../server/index.js';
import { explainFields } from '../tools/index.js';
import { parsed } from './json.js';

/** Path, name, value and its meaning. Faults are left out: a masked value is none of the declared form. */
export function decodedMembers(
  exchange: ExchangeRecord,
  side: 'request' | 'answer',
): readonly (readonly [path: string, title: string, raw: string, says: string])[] {
  const body = parsed(exchange[side]);
  const fields = messageOf(exchange.service)?.[side] ?? {};
  // A body that was cut, or never was an object, is shown as it is.
  if (typeof body !== 'object' || body === null) return [[side, '', String(body), '']];
  return explainFields(fields, body, wireDialectOf(defaultUnitDialect), side)
    .filter(({ says }) => says !== 'absent' && says !== 'empty')
    .map(({ path, title, raw, says }) => [path, title, raw, says]);
}
