/** docs/databases.md lists the very codes that the code knows, both ways. `UPDATE_DOCS=1` writes them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { databaseErrorLabels } from '../../src/database/database.js';
import { mysqlLabels } from '../../src/database/errors-mysql.js';
import { oracleLabels } from '../../src/database/errors-oracle.js';
import { postgresLabels } from '../../src/database/errors-postgres.js';
import { sqliteLabels } from '../../src/database/errors-sqlite.js';

const file = new URL('../../docs/databases.md', import.meta.url);
const BEGIN =
  '<!-- codes: the tables of src/database/errors-*.ts; `UPDATE_DOCS=1` with test/database/docs.test.ts writes them -->\n';
const END = '<!-- /codes -->';
const tables = [sqliteLabels, postgresLabels, mysqlLabels, oracleLabels];

function codesTable(): string {
  const rows = databaseErrorLabels
    .map((label) => tables.map((table) => Object.keys(table).filter((code) => table[code] === label)))
    .map((codes, at) => [`\`${databaseErrorLabels[at]}\``, ...codes.map((list) => list.join(', '))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''));
  return [
    '| label | SQLite | PostgreSQL | MariaDB, MySQL | Oracle |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

describe('docs/databases.md', () => {
  it('lists the codes of each label', () => {
    const text = readFileSync(file, 'utf8');
    const [before = '', rest = ''] = text.split(BEGIN);
    const after = rest.slice(rest.indexOf(END));
    const wanted = before + BEGIN + codesTable() + after;
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
    else expect(text).to.equal(wanted);
  });
  it('explains each label, and no other', () => {
    const text = readFileSync(file, 'utf8');
    const section = text.slice(text.indexOf('## Labels'), text.indexOf(BEGIN));
    const explained = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map((found) => found[1]);
    expect(explained).to.have.members([...databaseErrorLabels]);
  });
});
