import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Clock, systemClock, systemIds } from '../clock.js';
import { checkConfig, configTemplate, directoryOf, type UnitText } from '../config/index.js';
import { type Database, sql } from '../database/database.js';
import { migrate, openDatabase } from '../database/index.js';
import { OperatorError } from '../errors.js';
import { silentLog } from '../log.js';
import {
  createCa,
  fingerprint,
  issueCertificate,
  savePeers,
  selfSign,
  writePkcs12,
  writeWhole,
} from '../pki/index.js';
import {
  ACCEPTANCE_AMOUNT_MAX,
  ACCEPTANCE_DAYS,
  ACCEPTANCE_UNIT,
  acceptanceCustomers,
  demoUnits,
  fillDemo,
} from '../revenue/index.js';
import { createHostKeys, readHostKeys } from '../sftp/index.js';
import { withDir, withExample } from './options.js';

/** Password of the demo's PKCS#12 file and passphrase of its CA key: printed, documented, worth nothing. */
export const DEMO_PASSWORD = 'sluice-demo';
/** What scanners and some platforms take at most for a leaf. */
const CERTIFICATE_DAYS = 820;

/** `sluice init`: makes a directory that `sluice serve` can run on. Changes nothing that is there already. */
export function initCommand(program: Command): void {
  const init = program
    .command('init')
    .description('make a new installation directory; leaves an existing one as it is');
  withExample(
    withDir(init).option('--demo', 'with demo units, customers and certificates'),
    'sluice init --demo --dir demo',
    'sluice init --dir /var/lib/sluice',
  ).action(async (options: { dir?: string; demo?: boolean }) => {
    const dir = directoryOf(options.dir);
    if (existsSync(join(dir, 'sluice.yaml'))) {
      console.log(`${dir} is there already; nothing was changed.`);
      return;
    }
    refuseForeign(dir);
    const demo = options.demo === true;
    // First, because a server's database may refuse: then nothing lies in the way of the next try.
    if (demo) await makeDemoDatabase(dir);
    await (demo ? makeDemoCertificates(dir, systemClock) : makeOwnCertificate(dir, systemClock));
    createHostKeys(join(dir, 'sftp'));
    if (demo) writeFileSync(join(dir, 'acceptance.yaml'), acceptancePlan());
    // Last, so that an interrupted init is begun again instead of being taken for a finished one.
    writeFileSync(join(dir, 'sluice.yaml'), configTemplate(demo ? demoUnits : newUnits), { mode: 0o640 });
    console.log(demo ? `Made ${dir} with demo data and demo certificates.` : nextSteps(dir));
    for (const key of readHostKeys(join(dir, 'sftp')))
      console.log(`  SFTP host key ${key.type} ${key.fingerprint}`);
  });
}

function acceptancePlan(): string {
  const { owing, settled, unpayable, closed, deducted } = acceptanceCustomers;
  return `# What 'sluice acceptance' works on: docs/testing-tools.md. 联调验收所用的户号
unit: "${ACCEPTANCE_UNIT}"
customer: "${owing}"             # owes; what is paid is refunded 欠费户
unknown: "99999999999"             # 不存在的户号
foreignUnit: "88888888"            # 他人的清算单位
customers:
  "1003": "${settled}"           # 未欠费
  "1005": "${unpayable}"           # 暂不能缴费
  "1006": "${deducted}"           # 代扣在途，先运行 sluice deduct run --unit ${ACCEPTANCE_UNIT}
  "2005": "${closed}"           # 已销户
acceptanceDays: ${ACCEPTANCE_DAYS}
amountMax: ${ACCEPTANCE_AMOUNT_MAX}                 # fen 分
`;
}

const newUnits: readonly UnitText[] = [
  { unit: '00000', name: '请改为本公司的清算单位', shortName: 'WTXXXXXX' },
];

function refuseForeign(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o750 });
  if (!existsSync(join(dir, 'revenue.sqlite')) && !existsSync(join(dir, 'certs', 'server.crt'))) return;
  throw new OperatorError(
    'init-unfinished',
    `${dir} holds an installation without sluice.yaml: an earlier init was interrupted, or the file was taken away`,
    'Put sluice.yaml back, or remove the directory if nothing in it is needed, and run init again.',
  );
}

async function makeOwnCertificate(dir: string, clock: Clock): Promise<void> {
  const own = await selfSign({
    subject: 'sluice',
    usage: 'both',
    keyType: 'ecdsa-p256',
    days: CERTIFICATE_DAYS,
    now: clock.now(),
  });
  await writeWhole(join(dir, 'certs', 'server.crt'), own.certPem, 'public');
  await writeWhole(join(dir, 'certs', 'server.key'), own.keyPem, 'secret');
  await savePeers(dir, []);
}

async function makeDemoCertificates(dir: string, clock: Clock): Promise<void> {
  const certs = join(dir, 'certs');
  const now = clock.now();
  const ca = await createCa({ commonName: 'Sluice demo CA', days: 3650, now });
  const common = { ca, keyType: 'ecdsa-p256', days: CERTIFICATE_DAYS, now } as const;
  const server = await issueCertificate({
    ...common,
    subject: 'CN=sluice-demo,O=Sluice demo',
    usage: 'both',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const platform = await issueCertificate({
    ...common,
    subject: 'CN=platform-demo,O=Sluice demo',
    usage: 'both',
  });
  await writeWhole(join(certs, 'ca.crt'), ca.certPem, 'public');
  await writeWhole(join(certs, 'ca', 'ca.crt'), ca.certPem, 'public');
  const caKey = createPrivateKey(ca.keyPem).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: DEMO_PASSWORD,
  });
  await writeWhole(join(certs, 'ca', 'ca.key'), caKey, 'secret');
  await writeWhole(join(certs, 'platform.crt'), platform.certPem, 'public');
  await writeWhole(join(certs, 'platform.key'), platform.keyPem, 'secret');
  const store = writePkcs12({
    ...platform,
    caPems: [ca.certPem],
    password: DEMO_PASSWORD,
    friendlyName: 'platform',
    strength: 'compatible',
  });
  await writeWhole(join(certs, 'platform.p12'), store, 'secret');
  await savePeers(dir, [
    {
      name: 'platform',
      units: demoUnits.map((one) => one.unit),
      state: 'active',
      pins: [{ sha256: fingerprint(platform.certPem), pem: platform.certPem, addedAt: now }],
      dialect: {},
      legacy: { oldTls: false, weakCertificate: false },
      addedAt: now,
    },
  ]);
  await writeWhole(join(certs, 'server.key'), server.keyPem, 'secret');
  await writeWhole(join(certs, 'server.crt'), server.certPem + ca.certPem, 'public');
}

async function makeDemoDatabase(dir: string): Promise<void> {
  const { database: settings } = checkConfig(dir, configTemplate(demoUnits), process.env);
  const database = await openDatabase(settings, { dir, clock: systemClock, log: silentLog });
  try {
    await migrate(database);
    await refuseFilled(database);
    await fillDemo(database, { clock: systemClock, ids: systemIds });
  } finally {
    await database.close();
  }
}

const selectAnyUnit = sql('select unit from clearing_units');

async function refuseFilled(database: Database): Promise<void> {
  if ((await database.all(selectAnyUnit)).length === 0) return;
  throw new OperatorError(
    'demo-database-filled',
    'the database of SLUICE_DATABASE_URL holds clearing units already',
    'Name an empty database. A second node of the same installation gets a copy of the directory of the first.',
  );
}
const nextSteps = (dir: string): string => `Made ${dir}. Before 'sluice serve --dir ${dir}':
  1. ${dir}/sluice.yaml: enter your clearing units (清算单位) and your database; check with 'sluice config check --dir ${dir}'.
  2. Send ${dir}/certs/server.crt to the platform; add theirs: 'sluice certs peer add NAME FILE --units … --dir ${dir}'.
  3. 'sluice db migrate --dir ${dir}' makes the tables.`;
