/* docs/errors.md from the source: every error that an operator is asked to act on. Run it to write the page. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'errors.md');
const TEXT = String.raw`('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\x60(?:[^\x60\\]|\\.)*\x60|[^'"\x60(),]+)`;
const ERROR = new RegExp(String.raw`new OperatorError\(\s*'([a-z0-9-]+)',\s*${TEXT},\s*${TEXT}`, 'g');

/** The text of the page. */
export function errorDocs(): string {
  const rows = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const source = readFileSync(join(root, 'src', file), 'utf8');
      return [...source.matchAll(ERROR)].map(([, code = '', said = '', next = '']) => ({ code, said, next }));
    });
  const lines = rows.map(({ code, said, next }) => `| \`${code}\` | ${plain(said)} | ${plain(next)} |`);
  return `# What an operator may be told

Generated from the source (\`npx tsx scripts/error-docs.ts\`); a test compares both ways. Shown as two lines, exit code 1, no stack trace.
\`…\` stands for what is named at the time: a file, a port, a unit.

| code | said | what to do |
|---|---|---|
${[...new Set(lines)].sort().join('\n')}
`;
}

/** Literal texts with their placeholders as `…`; what is made elsewhere is `…` altogether. */
function plain(literal: string): string {
  if (!/^['"`]/.test(literal)) return '…';
  const text = literal.slice(1, -1).replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…');
  return text.replace(/\\n/g, ' ').replace(/\\(.)/g, '$1').replaceAll('|', '/').replace(/\s+/g, ' ').trim();
}

if (process.argv[1] === import.meta.filename) writeFileSync(page, errorDocs());
