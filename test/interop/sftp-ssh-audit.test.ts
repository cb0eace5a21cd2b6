/* What ssh-audit says of our server (fault F9). */
import { expect } from 'chai';
import { outcomeOf } from '../sftp/support/programs.js';
import { startTestServer } from '../sftp/support/server.js';
import { describeWith, program } from '../support/needs.js';

describeWith(program('ssh-audit', 'ssh-audit'), 'ssh-audit of our SFTP server', () => {
  const audit = async (settings: Record<string, unknown>) => {
    const server = await startTestServer({ settings });
    try {
      const { text } = await outcomeOf('ssh-audit', ['--no-colors', '-p', String(server.port), '127.0.0.1']);
      expect(text).to.contain('SSH-2.0-Sluice');
      return text.split('\n');
    } finally {
      await server.close();
    }
  };

  it('has no failures, and strict key exchange is offered', async () => {
    const lines = await audit({});
    expect(lines.filter((line) => line.includes('[fail]'))).to.deep.equal([]);
    // Warnings: encrypt-and-MAC for clients without AES-GCM, and the marker of strict key exchange, which this ssh-audit does not know.
    const warned = lines.filter((line) => line.includes('[warn]')).map((line) => line.split(' ')[1]);
    expect(warned.sort()).to.deep.equal(['hmac-sha2-256', 'hmac-sha2-512', 'kex-strict-s-v00@openssh.com']);
  });

  it('fails for the NIST curves alone when these are offered to everybody', async () => {
    const failed = (await audit({ nistCurves: 'always' })).filter((line) => line.includes('[fail]'));
    expect(failed.every((line) => line.includes('elliptic curves'))).to.equal(true);
    expect(failed.length).to.equal(4);
  });
});
