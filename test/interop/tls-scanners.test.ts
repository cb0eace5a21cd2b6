/* What scanners that we did not write say of the socket (S13). testssl takes a minute: npm run test:scan. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { demoDirectory, type Gateway, startGateway } from '../support/gateway.js';
import { describeWith, program } from '../support/needs.js';

const run = promisify(execFile);

function aGateway(): { readonly at: string } {
  let gateway: Gateway;
  let remove: () => void;
  before(async () => {
    const made = await demoDirectory();
    remove = made.remove;
    gateway = await startGateway(made.dir);
  });
  after(async () => {
    await gateway.stop();
    remove();
  });
  return {
    get at() {
      return `127.0.0.1:${gateway.port}`;
    },
  };
}

describeWith(program('sslscan', 'sslscan'), 'sslscan', () => {
  const gateway = aGateway();
  it('sees TLS 1.2 and 1.3 only, forward-secret AEAD suites only, no renegotiation, no compression', async () => {
    const { stdout } = await run('sslscan', ['--no-colour', gateway.at]);
    for (const old of ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1']) {
      expect(stdout).to.match(new RegExp(`${old.replace('.', '\\.')}\\s+disabled`));
    }
    expect(stdout)
      .to.match(/TLSv1\.2\s+enabled/)
      .and.to.match(/TLSv1\.3\s+enabled/);
    expect(stdout).to.contain('Session renegotiation not supported');
    const suites = [...stdout.matchAll(/^(?:Preferred|Accepted)\s+TLSv1\.\d\s+\d+ bits\s+(\S+)/gm)].map(
      ([, name]) => name,
    );
    expect(suites).to.not.have.length(0);
    for (const suite of suites) expect(suite).to.match(/^TLS_(AES|CHACHA20)|^ECDHE-.*(GCM|CHACHA20)/);
  });
});

if (process.env.SLUICE_LONG === '1') {
  describeWith(program('testssl', 'testssl.sh'), 'testssl', () => {
    const gateway = aGateway();
    const aboveLow = ['MEDIUM', 'HIGH', 'CRITICAL'];
    it('finds nothing above "low" but what every private certificate authority is told', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'sluice-testssl-'));
      const file = join(dir, 'findings.json');
      const options = [
        '--quiet',
        '--color',
        '0',
        '--warnings',
        'off',
        '--severity',
        'MEDIUM',
        '--jsonfile',
        file,
      ];
      await run('testssl', [...options, gateway.at]).catch(() => undefined); // Its exit code counts findings.
      const findings = JSON.parse(readFileSync(file, 'utf8')) as {
        id: string;
        severity: string;
        finding: string;
      }[];
      rmSync(dir, { recursive: true, force: true });
      // Peers pin our certificate or our CA: there is no public chain and no public revocation service.
      const ofPrivateCa = ['cert_chain_of_trust', 'cert_revocation'];
      const others = findings.filter(
        ({ id, severity }) => aboveLow.includes(severity) && !ofPrivateCa.includes(id),
      );
      expect(others).to.deep.equal([]);
      expect(findings.map(({ id }) => id)).to.include('cert_chain_of_trust');
    }).timeout(300_000);
  });
}
