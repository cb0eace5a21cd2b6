import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { VERSION } from '../../src/cli/version.js';

describe('the version', () => {
  it('is that of package.json', () => {
    expect(VERSION).equals(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });
});
