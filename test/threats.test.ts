/* The table of threats in docs/security.md names a test for each, and each of these tests is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs', 'security.md'), 'utf8');
const rows = [...page.matchAll(/^\| (T\d+) \| (.+?) \| (.+) \| (.+?) \|$/gm)].map(
  ([, id = '', threat, , proof = '']) => ({
    id,
    threat,
    proofs: [...proof.matchAll(/`(test\/[\w/.-]+)` “([^”]+)”/g)].map(([, file = '', name = '']) => ({
      file,
      name,
    })),
  }),
);

describe('the threats of docs/security.md', () => {
  it('are numbered without a gap', () => {
    expect(rows.map(({ id }) => id)).to.deep.equal(rows.map((_, i) => `T${i + 1}`));
    expect(rows.length).to.be.greaterThan(20);
  });
  for (const { id, threat, proofs } of rows)
    it(`${id}: ${threat}`, () => {
      expect(proofs).to.not.deep.equal([]);
      for (const { file, name } of proofs) {
        const text = readFileSync(join(root, file), 'utf8');
        expect(text.includes(name), `${file} has no test "${name}"`).to.equal(true);
      }
    });
});
