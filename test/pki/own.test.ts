import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  type Credential,
  certificateFiles,
  certificateOf,
  certificatesOf,
  createCa,
  createRequest,
  endRotation,
  initCa,
  issueCertificate,
  issueForRequest,
  loadIdentity,
  loadTrust,
  matchAnswer,
  placeIdentity,
  selfSign,
  settleRotation,
} from '../../src/pki/index.js';
import { temporaryDirectory } from '../support/directory.js';

const now = Date.parse('2026-03-01T00:00:00Z');
const DAY = 86_400_000;
const make = (subject: string, at = now): Promise<Credential> =>
  selfSign({ subject, usage: 'both', keyType: 'ecdsa-p256', days: 365, now: at });

describe('pki: our own identity', () => {
  const dir = temporaryDirectory();
  const files = () => certificateFiles(dir.path);
  const shown = async (at: number) => (await loadIdentity(dir.path, { now: at })).certificate.subject;

  it('is placed with a key that only its owner reads', async () => {
    await placeIdentity(dir.path, await make('first'), 'now', now);
    expect(statSync(files().serverKey).mode & 0o777).equal(0o600);
    expect(await shown(now)).equal('CN=first');
  });

  it('a certificate with another key is refused, and nothing changes', async () => {
    const [one, other] = [await make('one'), await make('other')];
    const placed = placeIdentity(dir.path, { certPem: one.certPem, keyPem: other.keyPem }, 'now', now);
    expect(await placed.catch(String)).contains('does not belong');
    expect(await shown(now)).equal('CN=first');
  });

  it('a rotation waits for its moment, then takes over by itself; the old pair is kept', async () => {
    const at = now + 14 * DAY;
    await placeIdentity(dir.path, await make('second'), { at }, now);
    expect(await shown(at - 1)).equal('CN=first');
    expect(await shown(at)).equal('CN=second');
    expect((await loadTrust(dir.path, { now })).changesAt).deep.equal([at]);
    const another = placeIdentity(dir.path, await make('third'), { at }, now);
    expect(await another.catch(String)).contains('waiting');
    expect(await settleRotation(dir.path, at - 1)).equal(false);
    expect(await settleRotation(dir.path, at)).equal(true);
    expect(await shown(now)).equal('CN=second');
    expect(existsSync(files().rotation)).equal(false);
    expect(readdirSync(`${files().certs}/old`)).members([
      'server-20260315080000.crt',
      'server-20260315080000.key',
    ]);
  });

  it('a rotation can be ended early or taken back', async () => {
    await placeIdentity(dir.path, await make('third'), { at: now + DAY }, now);
    await endRotation(dir.path, 'cancel', now);
    expect(await shown(now + 2 * DAY)).equal('CN=second');
    await placeIdentity(dir.path, await make('fourth'), { at: now + DAY }, now);
    await endRotation(dir.path, 'activate', now);
    expect(await shown(now)).equal('CN=fourth');
    expect(await endRotation(dir.path, 'activate', now).catch(String)).contains('no certificate is waiting');
  });

  it('the answer of a CA is matched with the key of the request and put into order', async () => {
    const passphrase = 'long enough';
    await initCa(dir.path, { commonName: 'root', days: 100, keyType: 'ecdsa-p256', passphrase, now });
    const request = await createRequest(dir.path, { subject: 'gateway', keyType: 'ecdsa-p256' });
    const answer = await issueForRequest(dir.path, passphrase, request, { usage: 'both', days: 30, now });
    const root = readFileSync(files().caCert, 'utf8');
    const alone = matchAnswer(dir.path, certificatesOf(answer), { allowIncomplete: false });
    expect(await alone.catch(String)).contains('issuer of "CN=gateway" is not in this file');
    const matched = await matchAnswer(dir.path, certificatesOf(root + answer), { allowIncomplete: false });
    expect(certificatesOf(matched.certPem).map((one) => one.subject)).deep.equal(['CN=gateway']);
    await placeIdentity(dir.path, matched, 'now', now);
    expect(await shown(now)).equal('CN=gateway');
    const foreign = await make('foreign');
    const wrong = matchAnswer(dir.path, [certificateOf(foreign.certPem)], { allowIncomplete: true });
    expect(await wrong.catch(String)).contains('belongs to a key of this gateway');
  });
});

describe('pki: faults of our identity at the start (S9)', () => {
  const dir = temporaryDirectory();
  const files = () => certificateFiles(dir.path);
  const load = async () => {
    try {
      await loadIdentity(dir.path, { now });
      return 'fine';
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : String(error);
    }
  };
  const place = ({ certPem, keyPem }: Credential) => {
    writeFileSync(files().serverCert, certPem);
    writeFileSync(files().serverKey, keyPem);
  };

  it('each has a code of its own', async () => {
    const good = await make('good');
    expect(await load()).equal('certificate-missing');
    await placeIdentity(dir.path, good, 'now', now);
    expect(await load()).equal('fine');
    place({ ...good, keyPem: (await make('other')).keyPem });
    expect(await load()).equal('key-mismatch');
    place({ ...good, keyPem: 'rubbish' });
    expect(await load()).equal('key-unreadable');
    place({ ...good, certPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' });
    expect(await load()).equal('certificate-unreadable');
    place({ ...good, certPem: '' });
    expect(await load()).equal('certificate-unreadable');
    place(await make('old', now - 400 * DAY));
    expect(await load()).equal('certificate-expired');
    place(await make('new', now + 2 * DAY));
    expect(await load()).equal('certificate-not-yet-valid');
    const { encryptKey } = await import('../../src/pki/index.js');
    place({ ...good, keyPem: encryptKey(good.keyPem, 'a good passphrase') });
    expect(await load()).equal('key-passphrase');
    const opened = await loadIdentity(dir.path, { now, passphrase: 'a good passphrase' });
    expect(opened.keyPem).equal(good.keyPem);
  });
});

describe('pki: a leaf behind an intermediate CA', () => {
  const dir = temporaryDirectory();
  it('the root is left out of what is sent', async () => {
    const root = await createCa({ commonName: 'root', days: 10, now });
    const leaf = await issueCertificate({
      ca: root,
      subject: 'x',
      usage: 'both',
      keyType: 'ecdsa-p256',
      days: 5,
      now,
    });
    await placeIdentity(dir.path, leaf, 'now', now);
    const pool = certificatesOf(root.certPem + leaf.certPem);
    const { certPem } = await matchAnswer(dir.path, pool, { allowIncomplete: false });
    expect(certificatesOf(certPem)).length(1);
  });
});
