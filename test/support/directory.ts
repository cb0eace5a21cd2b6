/** A temporary directory for a group of tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'mocha';

/** Made before the tests of the group, removed after them. */
export function temporaryDirectory(): { readonly path: string; at(...names: string[]): string } {
  let path = '';
  before(() => {
    path = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  });
  after(() => rmSync(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
    at: (...names) => join(path, ...names),
  };
}
