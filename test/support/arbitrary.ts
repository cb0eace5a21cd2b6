import fc from 'fast-check';
import { type Field, type Fields, fenOf } from '../../src/protocol/index.js';

/** `json`: any text that JSON can carry. `line`: nothing that separates columns, rows or lines. */
type Place = 'json' | 'line';

/** Values that a declaration allows, the absent ones too: derived from the shapes, for property tests. */
export function arbitraryOf(fields: Fields, place: Place = 'json'): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(fields).map(([name, field]) => {
    const value = valuesOf(field, place);
    return [name, field.required ? value : fc.oneof(fc.constant(field.absent), value)] as const;
  });
  return fc.record(Object.fromEntries(members), { noNullPrototype: true });
}

const anywhere = [...'0123456789ABxyz水费张羊 .-·/:', '镕', '𠮷', '䶮', '€', 'é'];
const inJsonOnly = [...'"\\|$#{}[]\t\n', '\u2028', '\ufffd', '😀'];
const units = { line: fc.constantFrom(...anywhere), json: fc.constantFrom(...anywhere, ...inJsonOnly) };
/** Text of `min` to `max` UTF-16 units: often short, sometimes as long as it may be. */
export function textOf(min: number, max: number, place: Place): fc.Arbitrary<string> {
  const most = Math.max(1, min, fitting(max));
  return fc
    .array(units[place], { minLength: Math.max(1, min), maxLength: most, size: 'small' })
    .map((characters) => {
      let text = '';
      for (const character of characters) if (text.length + character.length <= max) text += character;
      return text;
    });
}
const fitting = (max: number) => Math.min(max, 300);

const two = (n: number) => String(n).padStart(2, '0');
const day = fc
  .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2099-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10).replaceAll('-', ''));
const time = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59))
  .map(([hours, minutes, seconds]) => two(hours) + two(minutes) + two(seconds));

function valuesOf({ shape }: Field<unknown, unknown>, place: Place): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'text':
      return textOf(shape.charsMin, shape.charsMax, place);
    case 'serial':
      return fc.oneof(
        fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 28, maxLength: 28 }),
        fc.string({ unit: fc.constantFrom(...'09AZaz!"%{}~\\-_'), minLength: 10, maxLength: 32 }),
      );
    case 'count':
      return fc.nat(shape.max);
    case 'fen':
      return fc
        .oneof(
          fc.bigInt({ min: shape.min, max: shape.max }),
          fc.bigInt({ min: shape.min < 0n ? -200n : shape.min, max: 200n }),
        )
        .map(fenOf);
    case 'month':
      return day.map((text) => text.slice(0, 6));
    case 'day':
      return day;
    case 'time':
      return time;
    case 'stamp':
      return fc.tuple(day, time).map((parts) => parts.join(''));
    case 'code':
      return fc.constantFrom(...Object.keys(shape.meanings));
    case 'rows':
      return fc.array(arbitraryOf(shape.columns, shape.separators ? 'line' : place), {
        minLength: 1,
        maxLength: 4,
      });
    case 'groups': {
      const lists = Object.entries(shape.groups).map(([name, { values }]) => {
        const value = fc.oneof(fc.constant(''), textOf(1, 16, 'line'));
        return [
          name,
          fc.array(fc.array(value, { minLength: values, maxLength: values }), { maxLength: 3 }),
        ] as const;
      });
      return fc.record(Object.fromEntries(lists), { noNullPrototype: true });
    }
    case 'line':
      return arbitraryOf(shape.columns, 'line');
    default:
      return shape satisfies never;
  }
}
