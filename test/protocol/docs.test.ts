import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { generatedPages } from '../../scripts/docs/pages.js';
import { exchangeFiles, type Fields, messages, resultCodes } from '../../src/protocol/index.js';
import { messageFixtures } from '../support/fixtures.js';

// docs/errors.md changes with every room; `npm run check` compares it.
const pages = new Map(
  generatedPages()
    .filter(({ path }) => path !== 'docs/errors.md')
    .map(({ path, text }) => [path, text]),
);
const wiresOf = (fields: Fields): string[] =>
  Object.values(fields).flatMap(({ wire, shape }) => [
    wire,
    ...(shape.kind === 'rows' ? wiresOf(shape.columns) : []),
  ]);

describe('generated pages', () => {
  for (const [path, text] of pages) {
    it(`${path} is what the source prints (npm run docs)`, () => {
      expect(readFileSync(join(import.meta.dirname, '../..', path), 'utf8')).to.equal(text);
    });
  }

  it('name every service, every member, every result code, every file and every column', () => {
    const protocol = pages.get('docs/protocol.md') ?? '';
    const files = pages.get('docs/files.md') ?? '';
    for (const message of messages) {
      expect(protocol).to.contain(`### ${message.serviceCodes.join(', ')} ${message.title}`);
      for (const wire of [...wiresOf(message.request), ...wiresOf(message.answer)]) {
        expect(protocol).to.match(new RegExp(`[\`.]${wire}\``));
      }
    }
    for (const code of resultCodes) expect(protocol).to.contain(`| ${code} | `);
    for (const file of Object.values(exchangeFiles)) {
      for (const line of [...Object.values(file.summaries), file.detail]) {
        for (const wire of wiresOf(line.columns)) expect(files).to.contain(`\`${wire}\``);
      }
    }
  });

  it('every captured message belongs to a declared service', () => {
    const codes = new Set<string>(messages.flatMap(({ serviceCodes }) => [...serviceCodes]));
    for (const { serviceCode, name } of messageFixtures) expect(codes.has(serviceCode), name).to.equal(true);
  });
});
