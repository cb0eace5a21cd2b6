/** Two ways to put fields together: members of a JSON object, and columns of delimited text (file lines, `rcvDet`). */
import {
  type Decoded,
  type Encodable,
  type Field,
  type Fields,
  noWireNames,
  type Reading,
  type WireDialect,
} from './field.js';

interface Entry {
  readonly name: string;
  readonly wire: string;
  readonly field: Field<unknown, unknown>;
}
type Entries = readonly Entry[];

function readField(entry: Entry, raw: unknown, at: Reading): unknown {
  const { field } = entry;
  at.field = field;
  if (raw !== undefined && raw !== '' && raw !== null && !(at.dialect.nullIsEmpty && raw === 'null'))
    return field.read(raw, at);
  return field.required ? at.fail('empty', 'required') : field.absent;
}
function writeField(
  { field, name }: Entry,
  value: Readonly<Record<string, unknown>>,
  dialect: WireDialect,
): unknown {
  const given = value[name] ?? field.absent;
  return given === undefined ? '' : field.write(given, dialect);
}

export interface ObjectCodec<S extends Fields> {
  /** With issues the result is incomplete and must not be used. */
  read(raw: unknown, at: Reading): Decoded<S>;
  write(value: Encodable<S>, dialect: WireDialect): Record<string, unknown>;
}

/** Members of a JSON object, by name, in any order. Unknown members are reported in `ignored`. */
export function objectCodec<S extends Fields>(fields: S): ObjectCodec<S> {
  const plain = entriesOf(fields, noWireNames);
  // A unit's names never change while it lives, so its table is made once.
  const renamed = new WeakMap<object, Entries>();
  const tableOf = ({ wireNames }: WireDialect): Entries => {
    if (wireNames === noWireNames) return plain;
    let table = renamed.get(wireNames);
    if (table === undefined) {
      table = entriesOf(fields, wireNames);
      renamed.set(wireNames, table);
    }
    return table;
  };
  return {
    read(raw, at) {
      const out: Record<string, unknown> = {};
      if (!isObject(raw)) {
        at.field = undefined;
        at.fail('type', 'expected an object');
        return out as Decoded<S>;
      }
      const table = tableOf(at.dialect);
      let known = 0;
      for (const entry of table) {
        // The name is a declared one, so nothing inherited can answer to it (see entriesOf).
        const given = raw[entry.wire];
        if (given !== undefined) known += 1;
        out[entry.name] = readField(entry, given, at);
      }
      at.field = undefined;
      if (Object.keys(raw).length !== known) {
        for (const wire of Object.keys(raw)) if (!table.some((entry) => entry.wire === wire)) at.ignore(wire);
      }
      return out as Decoded<S>;
    },
    write(value, dialect) {
      const out: Record<string, unknown> = {};
      for (const entry of tableOf(dialect)) out[entry.wire] = writeField(entry, value, dialect);
      return out;
    },
  };
}
function entriesOf(fields: Fields, wireNames: Readonly<Record<string, string>>): Entries {
  return Object.entries(fields).map(([name, field]) => {
    const wire = Object.hasOwn(wireNames, field.wire) ? (wireNames[field.wire] ?? field.wire) : field.wire;
    if (wire in Object.prototype) throw new RangeError(`"${wire}" cannot be the name of a member`);
    return { name, wire, field };
  });
}
export const isObject = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  raw !== null && typeof raw === 'object' && !Array.isArray(raw);

export interface DelimitedCodec<S extends Fields> {
  read(raw: string, at: Reading): Decoded<S>;
  write(value: Encodable<S>, dialect: WireDialect): string;
}

/**
 * Columns in order, each closed by `column`. Missing columns at the end read as empty, surplus ones are a fault.
 * There is no escaping: what would break the line is written as a space.
 */
export function delimitedCodec<S extends Fields>(fields: S, column: string): DelimitedCodec<S> {
  const entries = entriesOf(fields, noWireNames);
  return {
    read(raw, at) {
      const cells = raw.split(column);
      if (cells.length > 1 && cells.at(-1) === '') cells.pop();
      const out: Record<string, unknown> = {};
      const outer = at.column;
      let number = 0;
      for (const entry of entries) {
        if (outer === 0 || at.trail.length === 0) at.column = number + 1;
        out[entry.name] = readField(entry, cells[number], at);
        number += 1;
      }
      at.field = undefined;
      if (cells.length > entries.length)
        at.fail('count', `${cells.length} columns, at most ${entries.length}`);
      at.column = outer;
      return out as Decoded<S>;
    },
    write(value, dialect) {
      let line = '';
      for (const entry of entries) {
        const cell = String(
          writeField(entry, value, dialect.rowsAs === 'text' ? dialect : { ...dialect, rowsAs: 'text' }),
        );
        line += (isNested(entry.field) ? cell : plainText(cell)) + column;
      }
      return line;
    },
  };
}
const isNested = ({ shape: { kind } }: Field<unknown, unknown>) =>
  kind === 'rows' || kind === 'groups' || kind === 'line';
/** The text without what separates columns, rows and lines (spec files.md "Lines"). */
export const plainText = (cell: string): string =>
  /[|$#\r\n]/.test(cell) ? cell.replace(/[|$#\r\n]/g, ' ') : cell;
