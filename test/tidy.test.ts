/* The house rules that a machine can check. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..');
const filesBelow = (dir: string): string[] =>
  readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
const source = filesBelow('src').map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** A room knows only the rooms before it (docs/architecture.md). */
const rooms = [
  'protocol',
  'database',
  'revenue',
  'handlers',
  'pki',
  'server',
  'sftp',
  'exchange',
  'console',
  'tools',
  'trace',
  'config',
  'cli',
];
/** Contracts and vocabulary that may be named directly, past the room's index. */
const contracts = [
  'protocol/values.js',
  'protocol/dialect.js',
  'database/database.js',
  'database/cells.js',
  'revenue/unit.js',
  'revenue/revenue-system.js',
  'server/settings.js',
  'sftp/settings.js',
  'exchange/settings.js',
  'tools/settings.js',
];
const importsOf = (text: string): string[] =>
  [...text.matchAll(/^(?:import|export)[^;]*?from '(\.[^']+)';/gms)].map(([, path = '']) => path);
const inRoom = (file: string): string | undefined => rooms.find((room) => file.startsWith(`src/${room}/`));

describe('the house is tidy', () => {
  it('rooms import only rooms before them, and only their index', () => {
    const faults: string[] = [];
    for (const { file, text } of source) {
      const room = inRoom(file);
      for (const path of importsOf(text)) {
        const target = relative(join(root, 'src'), join(root, file, '..', path));
        const targetRoom = rooms.find((one) => target.startsWith(`${one}/`));
        if (targetRoom === undefined || targetRoom === room) continue;
        const typesOnly = new RegExp(`import type [^;]*'${path.replaceAll('.', '\\.')}'`).test(text);
        if (room !== undefined && rooms.indexOf(targetRoom) > rooms.indexOf(room))
          faults.push(`${file} knows ${targetRoom}`);
        if (
          target !== `${targetRoom}/index.js` &&
          !contracts.includes(target) &&
          !typesOnly &&
          room !== undefined &&
          room !== 'cli'
        ) {
          faults.push(`${file} looks inside ${targetRoom}: ${target}`);
        }
      }
    }
    expect(faults).to.deep.equal([]);
  });

  it('the protocol is pure: no I/O, no clock, no database', () => {
    const faults = source
      .filter(({ file }) => file.startsWith('src/protocol/'))
      .filter(({ text }) => /from '(node:(?!buffer|crypto|util)|knex|winston)|clock\.js|log\.js/.test(text));
    expect(faults.map(({ file }) => file)).to.deep.equal([]);
  });

  it('time and randomness come from clock.ts only', () => {
    const pattern = /\bnew Date\(\)|\bDate\.now\(|Math\.random\(|(?<![.\w])set(?:Timeout|Interval)\(/;
    const allowed = ['src/clock.ts'];
    const faults = source.filter(({ file, text }) => !allowed.includes(file) && pattern.test(text));
    expect(faults.map(({ file }) => file)).to.deep.equal([]);
  });

  it('no untyped escape, no open ends, no file over 400 lines, no line over 140', () => {
    const faults: string[] = [];
    for (const { file, text } of [
      ...source,
      ...filesBelow('test').map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') })),
    ]) {
      if (file === 'test/tidy.test.ts') continue;
      const lines = text.split('\n');
      if (lines.length > 400) faults.push(`${file}: ${lines.length} lines`);
      for (const [i, line] of lines.entries()) {
        // A long sentence for a person stays in one piece; it is searched for as it is printed.
        const bare = line.replace(/'[^']{40,}'|`[^`]{40,}[`]?|"[^"]{40,}"/g, "''");
        const isComment = /^\s*(\/\/|\/?\*)/.test(line);
        if (!isComment && [...bare].length > 140)
          faults.push(`${file}:${i + 1}: ${[...bare].length} characters`);
        if (/\b(TODO|FIXME|XXX|HACK)\b/.test(line)) faults.push(`${file}:${i + 1}: left open`);
        if (/@ts-ignore|@ts-nocheck/.test(line)) faults.push(`${file}:${i + 1}: untyped`);
        if (/\b(it|describe)\.(skip|only)\(/.test(line))
          faults.push(`${file}:${i + 1}: skipped or exclusive`);
      }
    }
    expect(faults).to.deep.equal([]);
  });
});
