import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  addPeerOfCa,
  addPinnedPeer,
  type Credential,
  certificateFiles,
  certificateOf,
  changePeer,
  chooseCertificate,
  createCa,
  createIdentifier,
  initCa,
  issueCertificate,
  issueFromCa,
  loadPeers,
  loadRevocations,
  type Peers,
  readStore,
  removePeer,
  replacePin,
  revokeIssued,
  savePeers,
  selfSign,
  setPeerState,
  trustedCaPems,
  writeCrl,
} from '../../src/pki/index.js';
import { temporaryDirectory } from '../support/directory.js';

const now = Date.parse('2026-03-01T00:00:00Z');
const DAY = 86_400_000;
const client = { usage: 'client', keyType: 'ecdsa-p256', days: 100, now } as const;
const legacy = { oldTls: false, weakCertificate: false };
const params = (name: string) => ({ name, units: ['39536'], now, legacy });
const storeOf = (pem: string) => readStore('test', Buffer.from(pem));

describe('pki: the list of peers', () => {
  const dir = temporaryDirectory();
  let first: Credential;
  let second: Credential;
  before(async () => {
    first = await selfSign({ ...client, subject: 'platform' });
    second = await selfSign({ ...client, subject: 'platform' });
  });
  const identified = async (peers: Peers, { certPem }: Credential, at = now) => {
    const revocations = await loadRevocations(dir.path, []);
    const found = createIdentifier(peers, revocations).identify({ certificate: certificateOf(certPem) }, at);
    return found.ok ? found.peer.name : found.reason;
  };

  it('is written and read back as it was', async () => {
    const peers = addPinnedPeer([], params('a'), certificateOf(first.certPem));
    await savePeers(dir.path, peers);
    expect(await loadPeers(dir.path)).deep.equal(peers);
  });

  it('a damaged file is refused with its name, never read in part', async () => {
    for (const text of ['{', '{"format":1,"peers":[{}]}', '{"format":2,"peers":[]}', '[]']) {
      writeFileSync(certificateFiles(dir.path).peers, text);
      expect(await loadPeers(dir.path).then(String, String)).contains('peers.json is not what sluice wrote');
    }
  });

  it('a name or certificate belongs to one peer only', () => {
    const peers = addPinnedPeer([], params('a'), certificateOf(first.certPem));
    expect(() => addPinnedPeer(peers, params('a'), certificateOf(second.certPem))).throws(/already/);
    expect(() => addPinnedPeer(peers, params('b'), certificateOf(first.certPem))).throws(/peer "a" already/);
  });

  it('a replacement trusts both certificates until the overlap ends, then the new one only', async () => {
    const old = addPinnedPeer([], params('a'), certificateOf(first.certPem));
    const both = replacePin(old, 'a', certificateOf(second.certPem), { now, overlapMs: 14 * DAY });
    for (const [at, one, other] of [
      [now, 'a', 'a'],
      [now + 14 * DAY - 1, 'a', 'a'],
      [now + 14 * DAY, 'overlap-ended', 'a'],
    ] as const) {
      expect(await identified(both, first, at)).equal(one);
      expect(await identified(both, second, at)).equal(other);
      expect(trustedCaPems(both, at)).length(one === 'a' ? 2 : 1);
    }
    const atOnce = replacePin(old, 'a', certificateOf(second.certPem), { now, overlapMs: 0 });
    expect(await identified(atOnce, first)).equal('unknown-certificate');
  });

  it('a disabled peer is refused by name, a removed one is unknown', async () => {
    const peers = addPinnedPeer([], params('a'), certificateOf(first.certPem));
    const disabled = setPeerState(peers, 'a', 'disabled');
    expect(await identified(disabled, first)).equal('peer-disabled');
    expect(trustedCaPems(disabled, now)).deep.equal([]);
    expect(await identified(removePeer(peers, 'a'), first)).equal('unknown-certificate');
    expect(() => removePeer(peers, 'b')).throws(/Known peers: a|no peer "b"/);
  });

  it('units, dialect and switches change one by one', () => {
    const peers = addPinnedPeer([], params('a'), certificateOf(first.certPem));
    const [changed] = changePeer(peers, 'a', { dialect: { charset: 'gbk' }, legacy: { oldTls: true } });
    expect(changed).deep.include({
      units: ['39536'],
      dialect: { charset: 'gbk' },
      legacy: { oldTls: true, weakCertificate: false },
    });
  });
});

describe('pki: peers known by CA and subject', () => {
  const dir = temporaryDirectory();
  const identify = async (peers: Peers, pem: string) => {
    const identifier = createIdentifier(peers, await loadRevocations(dir.path, []));
    const found = identifier.identify({ certificate: certificateOf(pem), chain: () => [] }, now);
    return found.ok ? found.peer.name : found.reason;
  };

  it('every part that is wanted must be there, and once only', async () => {
    const ca = await createCa({ commonName: 'CA', days: 365, now });
    const add = (subject: string) => addPeerOfCa([], { ...params('p'), subject }, storeOf(ca.certPem));
    const shows = async (wanted: string, subject: string) =>
      identify(add(wanted), (await issueCertificate({ ...client, ca, subject })).certPem);
    expect(await shows('CN=platform', 'CN=platform,O=Ant')).equal('p');
    expect(await shows('CN=platform, O=Ant', 'CN=platform,O=Ant')).equal('p');
    expect(await shows('O = 蚂蚁', 'CN=x,O=蚂蚁')).equal('p');
    expect(await shows('CN=platform, O=Ant', 'CN=platform')).equal('wrong-subject');
    expect(await shows('CN=platform', 'CN=platform,CN=other')).equal('wrong-subject');
    expect(await shows('CN=platform', 'CN=Platform')).equal('wrong-subject');
    expect(await shows('CN=platform', 'O=x\\, CN=platform')).equal('wrong-subject');
  });

  it('a certificate issued by a pinned certificate is nobody', async () => {
    const { certPem, keyPem } = await createCa({ commonName: 'pinned', days: 365, now });
    const peers = addPinnedPeer([], params('p'), certificateOf(certPem));
    const child = await issueCertificate({ ...client, ca: { certPem, keyPem }, subject: 'p' });
    expect(await identify(peers, certPem)).equal('p');
    expect(await identify(peers, child.certPem)).equal('unknown-certificate');
  });

  it('a leaf cannot be taken for a CA, and a CA needs a subject', async () => {
    const leaf = await selfSign({ ...client, subject: 'leaf' });
    const add = (subject: string, pem: string) => addPeerOfCa([], { ...params('p'), subject }, storeOf(pem));
    expect(() => add('CN=x', leaf.certPem)).throws(/not the certificate of a CA/);
    const ca = await createCa({ commonName: 'CA', days: 365, now });
    expect(() => add('platform', ca.certPem)).throws(/not a subject/);
  });

  it('one certificate is chosen out of a bundle, or none', async () => {
    const ca = await createCa({ commonName: 'CA', days: 365, now });
    const leaf = await issueCertificate({ ...client, ca, subject: 'leaf' });
    const other = await issueCertificate({ ...client, ca, subject: 'other' });
    const choose = (...pems: string[]) => chooseCertificate(storeOf(pems.join(''))).certificate.subject;
    expect(choose(ca.certPem, leaf.certPem)).equal('CN=leaf');
    expect(choose(leaf.certPem, leaf.certPem)).equal('CN=leaf');
    expect(choose(ca.certPem)).equal('CN=CA');
    expect(() => choose(leaf.certPem, other.certPem)).throws(/2 certificates that could be/);
  });

  it('what requires a CRL is refused while there is none or an old one', async () => {
    const passphrase = 'long enough';
    const ca = dir.at('ca');
    const pem = await initCa(ca, { commonName: 'CA', days: 365, keyType: 'ecdsa-p256', passphrase, now });
    const leaf = await issueFromCa(ca, passphrase, { ...client, subject: 'platform' });
    const params = { name: 'p', units: ['1'], now, legacy, subject: 'CN=platform', requireCrl: true };
    const peers = addPeerOfCa([], params, storeOf(pem));
    const verdict = async (at: number) => {
      const identifier = createIdentifier(peers, await loadRevocations(ca, [pem]));
      const found = identifier.identify({ certificate: certificateOf(leaf.certPem), chain: () => [] }, at);
      return found.ok ? found.peer.name : found.reason;
    };
    expect(await verdict(now)).equal('crl-missing');
    await writeCrl(ca, passphrase, { now, days: 7 });
    expect(await verdict(now)).equal('p');
    expect(await verdict(now + 8 * DAY)).equal('crl-missing');
    await revokeIssued(ca, passphrase, 'platform', { reason: 'keyCompromise', now, crlDays: 7 });
    expect(await verdict(now)).equal('revoked-certificate');
  });
});
