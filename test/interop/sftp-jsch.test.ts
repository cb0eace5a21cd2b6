/* JSch of the 0.1 line with its defaults, as most integrators use it: ECDSA host key, ECDH, password or ECDSA key. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { addKey, parsePublicKey, readHostKeys, uploadDir } from '../../src/sftp/index.js';
import { type ClientDirectory, clientDirectory, runClient, sha256Of } from '../sftp/support/programs.js';
import { PASSWORD, startTestServer, type TestServer } from '../sftp/support/server.js';
import { describeWith, program } from '../support/needs.js';

const JAR = '/usr/share/java/jsch.jar';
const java = program('javac', 'default-jdk-headless');
const missing = java.missing ?? (existsSync(JAR) ? undefined : 'apt-get install libjsch-java');

const SOURCE = `
import com.jcraft.jsch.*;
import java.io.*;
import java.util.*;
public class Client {
  static Session open(int port, String how, String secret) throws Exception {
    JSch jsch = new JSch();
    if (how.equals("key")) jsch.addIdentity(secret);
    Session session = jsch.getSession("platform", "127.0.0.1", port);
    if (how.equals("password")) session.setPassword(secret);
    jsch.setKnownHosts("known_hosts");
    session.setConfig("StrictHostKeyChecking", "yes");
    session.connect(20000);
    return session;
  }
  public static void main(String[] a) throws Exception {
    Session session = open(Integer.parseInt(a[0]), a[1], a[2]);
    System.out.println("host key " + session.getHostKey().getType() + " client " + session.getClientVersion());
    ChannelSftp sftp = (ChannelSftp) session.openChannel("sftp");
    sftp.connect(10000);
    sftp.cd("upload");
    sftp.put("a.bin", "j.bin.tmp");
    sftp.rename("j.bin.tmp", "j.bin");
    if (sftp.stat("j.bin").getSize() != new File("a.bin").length()) throw new Exception("size");
    sftp.get("j.bin", "back.bin");
    sftp.put(new ByteArrayInputStream("one".getBytes()), "grow.txt");
    sftp.put(new ByteArrayInputStream("two".getBytes()), "grow.txt", ChannelSftp.APPEND);
    byte[] whole = java.nio.file.Files.readAllBytes(new File("a.bin").toPath());
    OutputStream out = sftp.put("resume.bin");
    out.write(whole, 0, 1000000);
    out.flush();
    Thread.sleep(300);
    session.disconnect();
    session = open(Integer.parseInt(a[0]), a[1], a[2]);
    sftp = (ChannelSftp) session.openChannel("sftp");
    sftp.connect(10000);
    sftp.cd("upload");
    long reached = sftp.stat("resume.bin").getSize();
    if (reached == 0 || reached > 1000000) throw new Exception("reached " + reached);
    sftp.put("a.bin", "resume.bin", ChannelSftp.RESUME);
    Vector<?> list = sftp.ls(".");
    System.out.println("entries " + list.size());
    sftp.setMtime("j.bin", 1700000000);
    sftp.mkdir("d"); sftp.rmdir("d"); sftp.rm("grow.txt");
    try { sftp.symlink("/etc/passwd", "l"); throw new Exception("link was made"); } catch (SftpException refused) {}
    session.rekey();
    sftp.get("j.bin", "back2.bin");
    session.disconnect();
    System.out.println("good");
  }
}
`;

describeWith({ name: 'JSch', missing }, 'JSch as client of our SFTP server', () => {
  let server: TestServer;
  let client: ClientDirectory;
  before(async function () {
    this.timeout(60_000);
    server = await startTestServer();
    client = clientDirectory(server);
    client.made('a.bin', 2_500_000);
    writeFileSync(client.at('Client.java'), SOURCE);
    // As docs/sftp.md says to make it, and nothing else is accepted.
    const hostKey = readHostKeys(join(server.dir, 'sftp')).find(({ kind }) => kind === 'ecdsa');
    writeFileSync(client.at('known_hosts'), `[127.0.0.1]:${server.port} ${hostKey?.publicLine}\n`);
    await runClient('javac', ['-cp', JAR, 'Client.java'], { cwd: client.dir });
  });
  after(async () => {
    client.remove();
    await server.close();
  });
  const run = (how: string, secret: string) =>
    runClient('java', ['-cp', `${JAR}:.`, 'Client', String(server.port), how, secret], { cwd: client.dir });
  const check = async (text: string) => {
    expect(text).to.match(/host key ecdsa-sha2-nistp256 client SSH-2\.0-JSCH-0\.1/);
    expect(text).to.contain('good');
    const arrived = (name: string) => join(uploadDir(server.root, 'platform'), name);
    for (const file of [
      arrived('j.bin'),
      arrived('resume.bin'),
      client.at('back.bin'),
      client.at('back2.bin'),
    ]) {
      expect(await sha256Of(file), file).to.equal(await sha256Of(client.at('a.bin')));
    }
  };

  it('works with its defaults, by password', async () => {
    await check(await run('password', PASSWORD));
  }).timeout(60_000);

  it('works with its defaults, by an ECDSA key', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-m', 'PEM', '-N', '', '-f', client.at('ecdsa')]);
    const { type, fingerprint, blob } = parsePublicKey(readFileSync(client.at('ecdsa.pub'), 'utf8'));
    const data = blob.toString('base64');
    await addKey(server.database, { account: 'platform', fingerprint, type, data, note: '', addedAt: 0 });
    await check(await run('key', client.at('ecdsa')));
  }).timeout(60_000);
});
