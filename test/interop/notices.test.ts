/* Our notices (100001) to servers that are not ours: openssl's, and Java's as the platforms of this field are written. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.js';
import { callPlatform } from '../../src/server/index.js';
import { describeWith, program } from '../support/needs.js';
import { type NoticeWorld, noticeTo, noticeWorld } from '../support/notice-world.js';
import { noticeAnswer } from '../support/platform-stand-in.js';
import { run } from '../support/programs.js';

const PASSWORD = 'changeit';
const send = (world: NoticeWorld, port: number) =>
  callPlatform(noticeTo(port), world.trust, systemClock, new AbortController().signal);

/** What a program prints: `until(pattern)` waits for it. */
function printed(child: ChildProcess) {
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      for (const look of waiting) look();
    });
  }
  return {
    text: () => text,
    until: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(text);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        child.once('close', () => reject(new Error(`it ended without ${pattern}:\n${text}`)));
        look();
      }),
  };
}

describeWith(program('openssl', 'openssl'), 'interop: notices', () => {
  let world: NoticeWorld;
  let at: (name: string) => string;
  before(async () => {
    world = await noticeWorld();
    at = (name) => join(world.dir, name);
    const { certPem, keyPem } = world.platforms.good;
    writeFileSync(at('platform.pem'), `${certPem}${keyPem}`);
    writeFileSync(at('ca.pem'), world.caPem);
  });
  after(() => world.remove());

  for (const version of ['-tls1_2', '-tls1_3']) {
    it(`openssl s_server ${version} sees our certificate and the whole frame, and its answer is taken`, async () => {
      const args = [
        's_server',
        '-accept',
        '127.0.0.1:0',
        '-naccept',
        '1',
        version,
        '-cert',
        at('platform.pem'),
      ];
      const verify = ['-CAfile', at('ca.pem'), '-Verify', '2', '-verify_return_error'];
      const child = spawn('openssl', [...args, ...verify], { stdio: 'pipe' });
      const closed = once(child, 'close');
      const output = printed(child);
      const [, port] = await output.until(/ACCEPT 127\.0\.0\.1:(\d+)/);
      const reply = send(world, Number(port));
      await output.until(/"fileName":"GSCQQIANNENG_JF_39536_20240404\.txt"/);
      child.stdin.end(noticeAnswer('100001', { rtnCode: '9999', rtnMsg: '成功' }));
      expect(await reply).to.deep.equal({ kind: 'answered', code: '9999', text: '成功' });
      await closed;
      expect(output.text()).to.match(/subject=CN ?= ?gateway/);
    });
  }

  describeWith(program('javac', 'default-jdk-headless'), 'to Java', () => {
    before(function () {
      this.timeout(60_000);
      run('javac', ['-d', world.dir, join(import.meta.dirname, '../support/java/Notified.java')]);
      const p12 = at('platform.p12');
      run('openssl', [
        'pkcs12',
        '-export',
        '-in',
        at('platform.pem'),
        '-out',
        p12,
        '-passout',
        `pass:${PASSWORD}`,
      ]);
      const from = ['-srckeystore', p12, '-srcstorepass', PASSWORD];
      const to = ['-destkeystore', at('platform.jks'), '-deststoretype', 'JKS', '-deststorepass', PASSWORD];
      run('keytool', ['-importkeystore', '-noprompt', ...from, ...to]);
    });

    it('the frame comes with one read, and the answer is taken', async () => {
      const stores = [at('platform.jks'), PASSWORD, at('ca.pem')];
      const child = spawn('java', ['-cp', world.dir, 'Notified', ...stores], { stdio: 'pipe' });
      const closed = once(child, 'close');
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const line = async (): Promise<string> => (await lines.next()).value ?? printed(child).text();
      const port = Number(await line());
      expect(await send(world, port)).to.deep.equal({ kind: 'answered', code: '9999', text: '成功' });
      expect([await line(), await line()]).to.deep.equal(['100001', 'CN=gateway']);
      expect(JSON.parse(await line())).to.have.nested.property('body.fileType', 'JF');
      expect(await closed).to.deep.equal([0, null]);
    }).timeout(60_000);
  });
});
