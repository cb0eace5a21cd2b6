/** The few places where the four databases differ in what we say to them. */
import type { Client, DialectWords } from './database.js';

/** @param lockWaitMs how long `forUpdate` waits on Oracle, which alone says it in the statement; the others have a setting */
export function wordsFor(client: Client, lockWaitMs = 5000): DialectWords {
  switch (client) {
    case 'sqlite':
      return {
        client,
        forUpdate: '',
        forUpdateSkipLocked: '',
        limit: (rows) => `limit ${whole(rows)}`,
        dual: '',
        asBigint: (expression) => `cast(${expression} as integer)`,
        asText: (expression) => `cast(${expression} as text)`,
        length: (expression) => `length(${expression})`,
      };
    case 'postgres':
      return {
        client,
        forUpdate: 'for update',
        forUpdateSkipLocked: 'for update skip locked',
        limit: (rows) => `limit ${whole(rows)}`,
        dual: '',
        asBigint: (expression) => `cast(${expression} as bigint)`,
        asText: (expression, max) => `cast(${expression} as varchar(${whole(max)}))`,
        length: (expression) => `char_length(${expression})`,
      };
    case 'mysql':
      return {
        client,
        forUpdate: 'for update',
        forUpdateSkipLocked: 'for update skip locked',
        limit: (rows) => `limit ${whole(rows)}`,
        dual: '',
        asBigint: (expression) => `cast(${expression} as signed)`,
        asText: (expression, max) => `cast(${expression} as char(${whole(max)}))`,
        length: (expression) => `char_length(${expression})`,
      };
    case 'oracle':
      return {
        client,
        forUpdate: `for update wait ${Math.max(1, Math.ceil(lockWaitMs / 1000))}`,
        forUpdateSkipLocked: 'for update skip locked',
        limit: (rows) => `fetch first ${whole(rows)} rows only`,
        dual: ' from dual',
        asBigint: (expression) => `cast(${expression} as number(19))`,
        asText: (expression, max) => `cast(${expression} as varchar2(${whole(max)} char))`,
        length: (expression) => `length(${expression})`,
      };
    default:
      throw client satisfies never;
  }
}

function whole(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a row count: ${value}`);
  return String(value);
}
