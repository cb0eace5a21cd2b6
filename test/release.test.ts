/* What a release brings along: every dependency at one version with its digest, and the list of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..');
const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));

interface Package {
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}
interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

describe('a release', () => {
  const own = json('package.json') as Package;
  const { packages } = json('package-lock.json') as { packages: Readonly<Record<string, Locked>> };
  const locked = Object.entries(packages).filter(([path]) => path !== '');

  it('has every dependency at exactly one version, as the lock file has it', () => {
    for (const [name, version] of Object.entries({
      ...own.dependencies,
      ...own.devDependencies,
      ...own.optionalDependencies,
    })) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
      expect(packages[`node_modules/${name}`]?.version, name).to.equal(version);
    }
  });

  it('takes nothing whose digest it does not know', () => {
    for (const [path, { integrity }] of locked) expect(integrity, path).to.match(/^sha512-/);
  });

  it('runs no install script that was not looked at', () => {
    const scripts = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    for (const name of scripts) expect(Object.keys(own.allowScripts)).to.include(name);
  });

  it('holds its bill of materials, made when it is packed', () => {
    expect(own.files).to.include('sbom.cdx.json');
    expect(own.scripts.prepack).to.contain('npm run -s sbom > sbom.cdx.json');
  });
});
