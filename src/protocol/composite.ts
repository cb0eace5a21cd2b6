/** The kinds that contain fields: rows, tagged groups, and a whole line as one text. */
import { delimitedCodec, objectCodec, plainText } from './codec.js';
import type {
  AbsentOf,
  Decoded,
  Encodable,
  Field,
  Fields,
  GroupShapes,
  Options,
  Reading,
  Separators,
  WireDialect,
} from './field.js';
import { common } from './kinds.js';

type RowsOptions = Options & { readonly rowsMax: number; readonly separators?: Separators };

/**
 * A list of records. Without `separators` it is a JSON array of objects and nothing else. With them it may also be one text in which
 * `column` closes a column and `row` closes a row: it is read in both forms and written in the form of the dialect.
 */
export function rows<S extends Fields, const O extends RowsOptions>(
  wire: string,
  title: string,
  columns: S,
  o: O,
): Field<readonly Decoded<S>[], AbsentOf<O, readonly never[]>, readonly Encodable<S>[]> {
  const object = objectCodec(columns);
  const { rowsMax, separators } = o;
  const line = separators && delimitedCodec(columns, separators.column);
  return {
    ...common(wire, title, o),
    shape: { kind: 'rows', columns, rowsMax, ...(separators && { separators }) },
    verbatim: false,
    absent: [] as readonly never[] as AbsentOf<O, readonly never[]>,
    read(raw, at) {
      const items = itemsOf(raw, separators);
      if (items === undefined) return at.fail('type', `expected rows, got ${typeof raw}`);
      if (items.length > rowsMax) return at.fail('count', `more than ${rowsMax} rows`);
      if (items.length === 0 && o.required) return at.fail('empty', 'required');
      const out: Decoded<S>[] = [];
      at.trail.push(wire, 0);
      for (const item of items) {
        at.trail[at.trail.length - 1] = out.length;
        out.push(line && typeof item === 'string' ? line.read(item, at) : object.read(item, at));
      }
      at.trail.length -= 2;
      return out;
    },
    write(value, dialect) {
      if (!line || !separators || dialect.rowsAs !== 'text')
        return value.map((row) => object.write(row, dialect));
      let all = '';
      for (const row of value) all += line.write(row, dialect) + separators.row;
      return all;
    },
  };
}
function itemsOf(raw: unknown, separators: Separators | undefined): readonly unknown[] | undefined {
  if (Array.isArray(raw)) return raw;
  if (typeof raw !== 'string' || separators === undefined) return undefined;
  const items = raw.split(separators.row);
  if (items[items.length - 1] === '') items.pop(); // The last row may lack its closing mark.
  return items;
}

/**
 * Groups of bare values, each group one `row`-closed record that begins with its tag (spec files.md "DZZD"):
 * `01$v1$…$v10$#01$…#02$…#03$…#`. Read in any order, written group by group.
 */
export function groups<const G extends GroupShapes>(
  wire: string,
  title: string,
  shapes: G,
  o: { readonly rowsMax: number; readonly separators: Separators },
): Field<Groups<G>, Groups<G>, Partial<Groups<G>>> {
  const { column, row } = o.separators;
  const known = Object.entries(shapes);
  const byTag = new Map(known.map(([name, { tag, values }]) => [tag, { name, values }]));
  const empty = () => new Map<string, string[][]>(known.map(([name]) => [name, []]));
  // The map was made with exactly the names of the shapes.
  const whole = (found: ReadonlyMap<string, string[][]>) => Object.fromEntries(found) as unknown as Groups<G>;
  return {
    ...common(wire, title, {}),
    shape: { kind: 'groups', groups: shapes, rowsMax: o.rowsMax, separators: o.separators },
    verbatim: false,
    absent: whole(empty()),
    read(raw, at) {
      if (typeof raw !== 'string') return at.fail('type', `expected text, got ${typeof raw}`);
      const records = raw.split(row);
      if (records.at(-1) === '') records.pop();
      if (records.length > o.rowsMax) return at.fail('count', `more than ${o.rowsMax} groups`);
      const out = empty();
      for (const record of records) {
        const [tag = '', ...values] = record.split(column);
        if (values.at(-1) === '') values.pop();
        const group = byTag.get(tag);
        if (group === undefined) return at.fail('unknown-code', 'a group with an unknown tag');
        if (values.length > group.values) return at.fail('count', `${values.length} values in group ${tag}`);
        while (values.length < group.values) values.push('');
        out.get(group.name)?.push(values);
      }
      return whole(out);
    },
    write(value) {
      let all = '';
      for (const [name, { tag }] of known) {
        for (const values of value[name] ?? []) all += writeGroup(tag, values, column) + row;
      }
      return all;
    },
  };
}
export type Groups<G extends GroupShapes> = { readonly [K in keyof G]: readonly (readonly string[])[] };
function writeGroup(tag: string, values: readonly string[], column: string): string {
  let group = tag + column;
  for (const value of values) group += plainText(value) + column;
  return group;
}

interface LineCodec<S extends Fields> {
  readonly columns: S;
  read(line: string, at: Reading): Decoded<S>;
  write(value: Encodable<S>, dialect: WireDialect): string;
}
/** A whole file line as one text member (`content1` of 200005, `payInfo` of 200008). */
export function lineText<S extends Fields>(
  wire: string,
  title: string,
  line: LineCodec<S>,
): Field<Decoded<S>, never, Encodable<S>> {
  return {
    ...common(wire, title, { required: true }),
    shape: { kind: 'line', columns: line.columns },
    verbatim: false,
    absent: undefined as never, // Required, so nobody looks at it.
    read(raw, at) {
      if (typeof raw !== 'string') return at.fail('type', `expected a line, got ${typeof raw}`);
      at.trail.push(wire);
      const value = line.read(raw, at);
      at.trail.length -= 1;
      return value;
    },
    write: (value, dialect) => line.write(value, dialect),
  };
}
