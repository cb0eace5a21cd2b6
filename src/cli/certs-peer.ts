/* `sluice certs peer …`: whose certificates are accepted, and for which clearing units. */
import type { Command } from 'commander';
import { chinaText, systemClock } from '../clock.js';
import { directoryOf, loadConfig } from '../config/index.js';
import { OperatorError } from '../errors.js';
import {
  addPeerOfCa,
  addPinnedPeer,
  changePeer,
  chooseCertificate,
  loadPeers,
  type Peer,
  type Peers,
  peerNamed,
  removePeer,
  replacePin,
  savePeers,
  setPeerState,
  writeWhole,
} from '../pki/index.js';
import { listOf, spanOf } from './arguments.js';
import { dialectSettings, settingsHelp } from './certs-peer-settings.js';
import { changeCertificates, readSentFile, TAKEN_OVER } from './certs-support.js';
import { withDir, withExample } from './options.js';
import { table } from './table.js';

interface FileOptions {
  readonly dir?: string;
  readonly alias?: string;
  readonly passwordFile?: string;
}
interface SwitchOptions {
  readonly allowOldTls?: boolean;
  readonly allowWeakCertificate?: boolean;
}
const withFile = (command: Command): Command =>
  withDir(command)
    .option('--alias <alias>', 'entry of a key store that holds several')
    .option('--password-file <file>', 'password of a key store');
const withSwitches = (command: Command): Command =>
  command
    .option('--allow-old-tls', 'DANGEROUS: TLS 1.0 and 1.1 from this peer')
    .option('--allow-weak-certificate', 'DANGEROUS: SHA-1 or RSA below 2048 bits from this peer');

export function certsPeerCommands(certs: Command): void {
  const peer = certs
    .command('peer')
    .description('peers: whose certificates are accepted, and for which units');
  withExample(
    withSwitches(
      withFile(peer.command('add').description('let a peer in by its certificate (pinned), or by its CA')),
    )
      .argument('<name>', 'a name for the peer')
      .argument('<file>', 'PEM, DER, PKCS#7, PKCS#12 or JKS')
      .requiredOption('--units <units>', 'clearing units that it may act for, separated by commas')
      .option(
        '--subject <subject>',
        'FILE is a CA: accept what it issues to this subject, e.g. "CN=platform,O=Ant"',
      )
      .option(
        '--require-crl',
        'with --subject: refuse all of that CA while its CRL is missing or out of date',
      ),
    'sluice certs peer add alipay tclient.keystore --units 39536',
    'sluice certs peer add alipay ca.crt --units 39536 --subject "CN=platform"',
  ).action(add);
  withExample(
    withFile(
      peer.command('replace').description('a new certificate of a pinned peer, beside the old for a while'),
    )
      .argument('<name>', 'the peer')
      .argument('<file>', 'its new certificate')
      .option('--overlap <span>', 'how long the old one is still accepted (0m: not at all)', '14d'),
    'sluice certs peer replace alipay new.crt --overlap 30d',
  ).action(replace);
  withExample(
    withDir(peer.command('list').description('all peers')).option('--json', 'as JSON'),
    'sluice certs peer list',
  ).action(list);
  withExample(
    withSwitches(withDir(peer.command('set').description('change units, dialect or switches of a peer')))
      .argument('<name>', 'the peer')
      .argument('[settings...]', `such as charset=gbk; known: ${settingsHelp}`)
      .option('--units <units>', 'clearing units, separated by commas')
      .option('--no-allow-old-tls', 'switch it off')
      .option('--no-allow-weak-certificate', 'switch it off'),
    'sluice certs peer set alipay charset=gbk close=peer',
    'sluice certs peer set alipay --units 39536,39537',
  ).action(set);
  for (const [word, state, help] of [
    ['disable', 'disabled', 'refuse a peer until it is enabled again'],
    ['enable', 'active', 'accept a disabled peer again'],
  ] as const)
    withExample(
      withDir(peer.command(word).description(help)).argument('<name>', 'the peer'),
      `sluice certs peer ${word} alipay`,
    ).action((name: string, options: { dir?: string }) =>
      change(options, `certs peer ${word}`, name, (peers) => setPeerState(peers, name, state)),
    );
  withExample(
    withDir(peer.command('remove').description('forget a peer')).argument('<name>', 'the peer'),
    'sluice certs peer remove alipay',
  ).action((name: string, options: { dir?: string }) =>
    change(options, 'certs peer remove', name, (peers) => removePeer(peers, name)),
  );
  withExample(
    withDir(peer.command('export').description("a peer's certificates as PEM"))
      .argument('<name>', 'the peer')
      .option('--out <file>', 'into a file'),
    'sluice certs peer export alipay --out alipay.crt',
  ).action(exportPeer);
}

/** Applies a change to the list, saves and records it. */
const change = (
  options: { readonly dir?: string },
  action: string,
  name: string,
  apply: (peers: Peers, dir: string) => Peers | Promise<Peers>,
  say?: (peer: Peer) => string,
): Promise<void> =>
  changeCertificates(options, async (dir) => {
    const old = await loadPeers(dir);
    const next = await apply(old, dir);
    await savePeers(dir, next);
    const [before, after] = [old, next].map((peers) => peers.find((peer) => peer.name === name));
    const text = after && say ? `${say(after)}\n` : '';
    return { action, target: name, before, after, say: `${text}${action} ${name}: done. ${TAKEN_OVER}` };
  });

interface AddOptions extends FileOptions, SwitchOptions {
  readonly units: string;
  readonly subject?: string;
  readonly requireCrl?: boolean;
}
const switchesOf = (options: SwitchOptions) => ({
  oldTls: options.allowOldTls === true,
  weakCertificate: options.allowWeakCertificate === true,
});

async function add(name: string, file: string, options: AddOptions): Promise<void> {
  const store = await readSentFile(file, options.passwordFile);
  await change(
    options,
    'certs peer add',
    name,
    (peers, dir) => {
      const units = unitsOf(options.units, dir);
      const params = { name, units, now: systemClock.now(), legacy: switchesOf(options) };
      if (options.subject !== undefined)
        return addPeerOfCa(
          peers,
          { ...params, subject: options.subject, requireCrl: options.requireCrl === true },
          store,
        );
      return addPinnedPeer(peers, params, chooseCertificate(store, options.alias).certificate);
    },
    (peer) => summary(peer, store.format),
  );
}

function summary(peer: Peer, format: string): string {
  const by = peer.pins
    .map((pin) => `certificate ${pin.sha256}`)
    .concat(peer.ca ? [`CA and subject ${peer.ca.subject}`] : []);
  return `${format}: ${peer.name} is accepted by ${by.join(', ')}, for ${peer.units.join(', ')}.\nCompare the fingerprint with the peer by telephone or another way before money flows.`;
}

/** Units that the configuration does not know are refused: they would be refused at every request, too. */
function unitsOf(text: string, dir: string): string[] {
  const units = listOf(text);
  const known = knownUnits(dir);
  const unknown = units.filter((unit) => known !== undefined && !known.has(unit));
  if (units.length > 0 && unknown.length === 0) return [...new Set(units)];
  throw new OperatorError(
    'unit-unknown',
    units.length === 0 ? '--units names no unit' : `sluice.yaml knows no unit ${unknown.join(', ')}`,
    known ? `Known units: ${[...known].join(', ')}.` : 'Separate units by commas.',
  );
}

function knownUnits(dir: string): Set<string> | undefined {
  try {
    return new Set(loadConfig(dir).units.map((unit) => unit.id));
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'config-missing') return undefined;
    throw error;
  }
}

async function replace(
  name: string,
  file: string,
  options: FileOptions & { overlap: string },
): Promise<void> {
  const overlapMs = spanOf('--overlap', options.overlap);
  const store = await readSentFile(file, options.passwordFile);
  await change(options, 'certs peer replace', name, (peers) =>
    replacePin(peers, name, chooseCertificate(store, options.alias).certificate, {
      now: systemClock.now(),
      overlapMs,
    }),
  );
}

interface SetOptions extends SwitchOptions {
  readonly dir?: string;
  readonly units?: string;
}
const set = (name: string, settings: string[], options: SetOptions): Promise<void> =>
  change(options, 'certs peer set', name, (peers, dir) =>
    changePeer(peers, name, {
      dialect: dialectSettings(settings),
      ...(options.units === undefined ? {} : { units: unitsOf(options.units, dir) }),
      legacy: {
        ...(options.allowOldTls === undefined ? {} : { oldTls: options.allowOldTls }),
        ...(options.allowWeakCertificate === undefined
          ? {}
          : { weakCertificate: options.allowWeakCertificate }),
      },
    }),
  );

async function list(options: { dir?: string; json?: boolean }): Promise<void> {
  const peers = await loadPeers(directoryOf(options.dir));
  if (options.json === true) {
    console.log(JSON.stringify(peers, null, 2));
    return;
  }
  const rows = peers.map((peer) => [
    peer.name,
    peer.state,
    peer.units.join(','),
    [...peer.pins.map(pinText), ...(peer.ca ? [`CA, ${peer.ca.subject}`] : [])].join('; '),
    Object.entries(peer.dialect)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(' '),
    Object.entries(peer.legacy)
      .flatMap(([key, on]) => (on ? [key] : []))
      .join(' '),
  ]);
  console.log(
    peers.length === 0
      ? 'no peers yet: sluice certs peer add NAME FILE --units UNIT'
      : table(['NAME', 'STATE', 'UNITS', 'ACCEPTED BY', 'DIALECT', 'LEGACY SWITCHES'], rows),
  );
}

const pinText = ({ sha256, until }: Peer['pins'][number]): string =>
  `${sha256.slice(0, 23)}…${until === undefined ? '' : ` until ${chinaText(until)}`}`;

async function exportPeer(name: string, options: { dir?: string; out?: string }): Promise<void> {
  const peer = peerNamed(await loadPeers(directoryOf(options.dir)), name);
  const pem = peer.pins.map((pin) => pin.pem).join('') + (peer.ca?.pem ?? '');
  if (options.out === undefined) process.stdout.write(pem);
  else await writeWhole(options.out, pem, 'public');
}
