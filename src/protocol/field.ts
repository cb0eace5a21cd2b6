/** What a field is: one value with `read`, `write` and a plain description from which everything else is derived. */

/** What of a unit's dialect changes the reading and writing of fields. Data only (spec messages.md "Dialect settings"). */
export interface WireDialect {
  /** `fenDecimals`: fen with two decimals that are zero (`6370.00`), in files only. */
  readonly amountUnit: 'fen' | 'yuan' | 'fenDecimals';
  /** How fields with separators (`rcvDet`) are written; both forms are always read. */
  readonly rowsAs: 'text' | 'array';
  /** Members that this unit's peer names differently, e.g. `{ balInfos: 'BAL_INFO' }`. */
  readonly wireNames: Readonly<Record<string, string>>;
  /** What refusals carry: the full zero body, or `rtnCode`, `rtnMsg` and `extend`. */
  readonly errorBody: 'full' | 'short';
  /** Result code we would send → code this peer expects instead. */
  readonly resultCodes: Readonly<Record<string, string>>;
  /** The text `null` reads as empty: in files. In messages a customer may be named so. */
  readonly nullIsEmpty: boolean;
}
export const noWireNames: Readonly<Record<string, string>> = {};
export const defaultWireDialect: WireDialect = {
  amountUnit: 'fen',
  rowsAs: 'text',
  wireNames: noWireNames,
  errorBody: 'full',
  resultCodes: {},
  nullIsEmpty: false,
};

export type FaultName = 'empty' | 'type' | 'length' | 'format' | 'unknown-code' | 'count';
/** One fault of one field. Never carries the value: it may be personal. */
export interface Issue {
  /** Wire names with position, e.g. `body.rcvDet[2].rcvblYm`. */
  readonly path: string;
  /** Chinese name of the field, for `rtnMsg`. */
  readonly title: string;
  readonly fault: FaultName;
  readonly detail: string;
  /** What the peer is answered: 0004 when empty, else 0003, unless the field says otherwise. */
  readonly answer: '0003' | '0004' | '1002';
  /** Number of the column in a line, from 1; 0 in an object. */
  readonly column: number;
}

/** Plain description: read by the docs tables, the simulator's form, masking and the test generator. */
export type Shape =
  | { readonly kind: 'text'; readonly charsMin: number; readonly charsMax: number }
  | { readonly kind: 'serial' }
  | { readonly kind: 'count'; readonly max: number }
  | { readonly kind: 'fen'; readonly min: bigint; readonly max: bigint }
  | { readonly kind: 'month' | 'day' | 'time' | 'stamp' }
  | { readonly kind: 'code'; readonly meanings: Readonly<Record<string, string>> }
  | {
      readonly kind: 'rows';
      readonly columns: Fields;
      readonly rowsMax: number;
      readonly separators?: Separators;
    }
  | {
      readonly kind: 'groups';
      readonly groups: GroupShapes;
      readonly rowsMax: number;
      readonly separators: Separators;
    }
  | { readonly kind: 'line'; readonly columns: Fields };
export interface Separators {
  readonly column: string;
  readonly row: string;
}
/** Name of a group → its tag on the wire and how many values follow (spec files.md "DZZD"). */
export type GroupShapes = Readonly<
  Record<string, { readonly tag: string; readonly values: number; readonly title: string }>
>;

/** Values are masked in logs: always, or unless a sibling field has one of these values. */
export type Personal =
  | boolean
  | { readonly unless: { readonly wire: string; readonly is: readonly string[] } };

export interface Options {
  readonly required?: boolean;
  readonly personal?: Personal;
  /** What a value that does not fit is answered with, instead of 0003. */
  readonly refusedAs?: '1002';
  /** For the docs. */
  readonly note?: string;
}
/**
 * `T` is the value in code; `Absent` is what stands for an empty wire value: `never` when the field is required;
 * `W` is what may be given to write (rows may leave out what is optional).
 */
export interface Field<T, Absent, W = T> {
  readonly wire: string;
  readonly title: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly personal: Personal;
  readonly refusedAs: '1002' | undefined;
  readonly note: string;
  readonly absent: Absent;
  /** The value in code is the text on the wire, so that `write` need not be called. */
  readonly verbatim: boolean;
  /** Gets what is not empty; answers `undefined` after reporting an issue. */
  read(raw: unknown, at: Reading): T | undefined;
  /** What `read` does with a text, where there is no more to it; needs no `this`. */
  readonly readText?: (text: string, at: Reading) => T | undefined;
  write(value: W, dialect: WireDialect): unknown;
}
export type Fields = Readonly<Record<string, Field<unknown, unknown>>>;

export type Decoded<S extends Fields> = {
  readonly [K in keyof S]: S[K] extends Field<infer T, infer A, infer _W> ? T | A : never;
};
type RequiredKey<S extends Fields> = {
  [K in keyof S]: S[K] extends Field<infer _T, infer A, infer _W> ? ([A] extends [never] ? K : never) : never;
}[keyof S];
type WrittenOf<F> = F extends Field<infer _T, infer _A, infer W> ? W : never;
/** What must be given to write: the required fields; the rest is written in its empty wire form when left out. */
export type Encodable<S extends Fields> = { readonly [K in RequiredKey<S>]: WrittenOf<S[K]> } & {
  readonly [K in Exclude<keyof S, RequiredKey<S>>]?: WrittenOf<S[K]> | undefined;
};
/** `never` when required, so that the empty value leaves the type. */
export type AbsentOf<O extends Options, A> = O extends { readonly required: true } ? never : A;

/** Issues and unknown names beyond this are not kept: a hostile body must not make long logs. */
const KEPT_MAX = 50;
const NAME_CHARS_MAX = 64;
const none: readonly never[] = [];

/** What all fields of one message or line share while it is read. */
export class Reading {
  issues: readonly Issue[] = none;
  ignored: readonly string[] = none;
  /** Wire name and index of the rows that are being read, outermost first. */
  readonly trail: (string | number)[] = [];
  /** The field that is being read. */
  field: Field<unknown, unknown> | undefined;

  constructor(
    readonly dialect: WireDialect,
    readonly root: string,
    /** Of a line, so that a fault can name its column. */
    readonly columns?: Fields,
  ) {}

  /** Reports a fault of the field that is being read. The path is made here and not before, because faults are rare. */
  fail(fault: FaultName, detail: string): undefined {
    if (this.issues.length >= KEPT_MAX) return undefined;
    const { field } = this;
    const answer = fault === 'empty' ? '0004' : (field?.refusedAs ?? '0003');
    const path = this.pathOf(field?.wire ?? '');
    this.issues = this.issues.concat({
      path,
      title: field?.title ?? '',
      fault,
      detail,
      answer,
      column: this.columnOf(),
    });
    return undefined;
  }
  private columnOf(): number {
    const wire = this.trail[0] ?? this.field?.wire;
    return Object.values(this.columns ?? {}).findIndex((field) => field.wire === wire) + 1;
  }
  ignore(wire: string): void {
    if (this.ignored.length >= KEPT_MAX) return;
    this.ignored = this.ignored.concat(this.pathOf(wire.slice(0, NAME_CHARS_MAX)));
  }
  private pathOf(wire: string): string {
    let path = this.root;
    for (const step of this.trail) path += typeof step === 'number' ? `[${step}]` : `.${step}`;
    return wire === '' ? path : `${path}.${wire}`;
  }
}

export type Read<T> =
  | { readonly ok: true; readonly value: T; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly issues: readonly Issue[]; readonly ignored: readonly string[] };
