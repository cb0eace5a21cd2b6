/** Two ways to put fields together: members of a JSON object, and columns of delimited text (file lines, `rcvDet`). */
import {
  columnsOf,
  compileColumnReader,
  compileColumnWriter,
  compileMemberReader,
  compileMemberWriter,
  type Entry,
} from './compile.js';
import {
  type Decoded,
  type Encodable,
  type Fields,
  noWireNames,
  type Reading,
  type WireDialect,
} from './field.js';

export interface ObjectCodec<S extends Fields> {
  /** With issues the result is incomplete and must not be used. */
  read(raw: unknown, at: Reading): Decoded<S>;
  write(value: Encodable<S>, dialect: WireDialect): Record<string, unknown>;
}

/** Members of a JSON object, by name, in any order. Unknown members are reported in `ignored`. */
export function objectCodec<S extends Fields>(fields: S): ObjectCodec<S> {
  let plain: Compiled | undefined;
  // A unit's names never change while it lives, so its code is made once.
  const renamed = new WeakMap<object, Compiled>();
  const compiledFor = ({ wireNames }: WireDialect): Compiled => {
    if (wireNames === noWireNames) {
      plain ??= compiled(fields, noWireNames);
      return plain;
    }
    const known = renamed.get(wireNames) ?? compiled(fields, wireNames);
    renamed.set(wireNames, known);
    return known;
  };
  return {
    read(raw, at) {
      if (isObject(raw)) return compiledFor(at.dialect).read(raw, at) as Decoded<S>;
      at.field = undefined;
      at.fail('type', 'expected an object');
      return {} as Decoded<S>; // Incomplete, and said so.
    },
    write: (value, dialect) => compiledFor(dialect).write(value, dialect),
  };
}
interface Compiled {
  readonly read: ReturnType<typeof compileMemberReader>;
  readonly write: ReturnType<typeof compileMemberWriter>;
}
function compiled(fields: Fields, wireNames: Readonly<Record<string, string>>): Compiled {
  const entries: Entry[] = Object.entries(fields).map(([name, field]) => {
    const at = Object.hasOwn(wireNames, field.wire) ? (wireNames[field.wire] ?? field.wire) : field.wire;
    // Reading looks members up by name: nothing inherited may answer.
    if (at in Object.prototype) throw new RangeError(`"${at}" cannot be the name of a member`);
    return { name, field, at };
  });
  const known = new Set<string | number>(entries.map(({ at }) => at));
  const surplus = (raw: Readonly<Record<string, unknown>>, at: Reading) => {
    for (const wire of Object.keys(raw)) if (!known.has(wire)) at.ignore(wire);
  };
  return { read: compileMemberReader(entries, surplus), write: compileMemberWriter(entries) };
}
export const isObject = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  raw !== null && typeof raw === 'object' && !Array.isArray(raw);

export interface DelimitedCodec<S extends Fields> {
  read(raw: string, at: Reading): Decoded<S>;
  write(value: Encodable<S>, dialect: WireDialect): string;
}

/**
 * Columns in order, each closed by `column`. Missing columns behind the first `columnsMin` read as empty, surplus ones are a fault.
 * There is no escaping: what would break the line is written as a space.
 */
export function delimitedCodec<S extends Fields>(
  fields: S,
  column: string,
  columnsMin = 0,
): DelimitedCodec<S> {
  const entries = columnsOf(fields);
  const surplus = (cells: readonly string[], at: Reading) => {
    at.fail('count', `${cells.length} columns, expected ${Math.max(columnsMin, 1)}..${entries.length}`);
  };
  let read: ReturnType<typeof compileColumnReader> | undefined;
  let write: ReturnType<typeof compileColumnWriter> | undefined;
  return {
    read(raw, at) {
      read ??= compileColumnReader(entries, columnsMin, surplus);
      const cells = raw.split(column);
      if (cells.length > 1 && cells[cells.length - 1] === '') cells.pop();
      return read(cells, at) as Decoded<S>;
    },
    write(value, dialect) {
      write ??= compileColumnWriter(entries, column, plainText);
      return write(value, dialect.rowsAs === 'text' ? dialect : { ...dialect, rowsAs: 'text' });
    },
  };
}
/** The text without what separates columns, rows and lines (spec files.md "Lines"). */
export function plainText(cell: string): string {
  for (let i = 0; i < cell.length; i += 1) {
    const unit = cell.charCodeAt(i);
    if (unit === 0x7c || unit === 0x24 || unit === 0x23 || unit === 0x0d || unit === 0x0a) {
      return cell.replace(/[|$#\r\n]/g, ' ');
    }
  }
  return cell;
}
