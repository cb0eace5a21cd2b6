/* Each setting of sluice.yaml, wrong once: refused with file, line and path (O3). The settings are those of the schema itself. */
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { checkConfig, configTemplate } from '../../src/config/index.js';
import { configSchema } from '../../src/config/schema.js';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}
type Path = readonly (string | number)[];

const units = [{ unit: '00', name: '甲', shortName: 'JIA' }];
/** Stands for a name that the operator chooses: the unit, where it must be one. */
const ANY = '00';

function settingsOf(schema: JsonSchema, path: Path = []): Path[] {
  const { properties, additionalProperties, items } = schema;
  const inner = [
    ...(schema.anyOf ?? schema.oneOf ?? []).flatMap((one) => settingsOf(one, path)),
    ...Object.entries(properties ?? {}).flatMap(([key, one]) => settingsOf(one, [...path, key])),
    ...(typeof additionalProperties === 'object' ? settingsOf(additionalProperties, [...path, ANY]) : []),
    ...(items ? settingsOf(items, [...path, 0]) : []),
  ];
  return inner.length > 0 ? inner : [path];
}
const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
const settings = [...new Map(settingsOf(schema).map((path) => [path.join('.'), path])).values()];

type Tree = Record<string | number, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** A valid configuration with this value at this path; what is missing on the way is made. */
function withValue(path: Path, value: unknown): string {
  const config: Tree = parse(configTemplate(units));
  if (path[0] === 'revenue' && path[1] !== 'kind') config.revenue = { kind: 'existing' };
  let at: Tree = config;
  path.slice(0, -1).forEach((step, i) => {
    const found = at[step];
    const next: unknown = found ?? (typeof path[i + 1] === 'number' ? [] : {});
    at[step] = next;
    if (isTree(next)) at = next;
  });
  at[path.at(-1) ?? ''] = value;
  return stringify(config);
}
const refusalOf = (text: string): string => {
  try {
    checkConfig('/x', text, {});
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
};
const lineWith = (text: string, word: string) =>
  text.split('\n').findIndex((line) => line.includes(word)) + 1;
const MARK = 'no-such-thing';

describe('the settings of sluice.yaml', () => {
  it('are some hundred, all with a name', () => {
    expect(settings.length).to.be.above(300);
    expect(refusalOf(configTemplate(units))).to.equal('');
  });

  for (const section of new Set(settings.map(([first]) => first)))
    it(`${section}: each with a value of another kind is refused, by file, line and path`, () => {
      for (const path of settings.filter(([first]) => first === section)) {
        const text = withValue(path, { [MARK]: [MARK] });
        const said = refusalOf(text).split('\n');
        const place = `/x/sluice.yaml:${lineWith(text, MARK)}: ${path.join('.')}`;
        expect(
          said.filter((line) => line.trim().startsWith(place)),
          `${place}\n${said.join('\n')}`,
        ).not.to.be.empty;
      }
    });

  for (const section of new Set(settings.map(([first]) => first)))
    it(`${section}: each with a letter too much is refused as unknown`, () => {
      const named = settings.filter(([first, ...rest]) => first === section && isNamed(rest.at(-1)));
      for (const path of named) {
        const wrong = `${path.at(-1)}z`;
        const text = withValue([...path.slice(0, -1), wrong], 1);
        const said = refusalOf(text).split('\n');
        const parent = path.slice(0, -1).join('.');
        const told = said.some((line) => line.includes(`: ${parent}: unknown setting ${wrong}`));
        expect(told, `${parent}.${wrong}\n${said.join('\n')}`).to.equal(true);
      }
    });
});
const isNamed = (step: string | number | undefined): boolean => typeof step === 'string' && step !== ANY;
