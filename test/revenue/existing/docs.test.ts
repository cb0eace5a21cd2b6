/** docs/integration.md shows the files of the example whole. `SLUICE_WRITE_DOCS=1` writes them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';

const root = new URL('../../../', import.meta.url);
const page = new URL('docs/integration.md', root);
const PLACE = /(<!-- file (\S+) -->\n)[\s\S]*?(<!-- end -->)/g;

describe('docs/integration.md', () => {
  it('shows the Oracle example as it is', () => {
    const text = readFileSync(page, 'utf8');
    let files = 0;
    const right = text.replace(PLACE, (_all, begin: string, file: string, end: string) => {
      files++;
      const language = file.endsWith('.sql') ? 'sql' : 'yaml';
      const content = readFileSync(new URL(file, root), 'utf8').trimEnd();
      return `${begin}\`\`\`${language}\n${content}\n\`\`\`\n${end}`;
    });
    expect(files).to.equal(2);
    if (process.env.SLUICE_WRITE_DOCS === '1') writeFileSync(page, right);
    else expect(right, 'docs/integration.md is stale: run this test with SLUICE_WRITE_DOCS=1').to.equal(text);
  });
});
