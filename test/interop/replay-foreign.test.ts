/** Replay drives a server that is not ours (Python's ssl): placeholders, values of earlier answers, rules, reports, exit codes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { demoDirectory, sluice } from '../support/gateway.js';
import { describeWith, program } from '../support/needs.js';
import { run } from '../support/programs.js';

const head =
  '"head":{"version":"1.0.1","source":"ALIPAY","desIfno":"X","servCode":"0","msgId":"{{uuid}}","msgTime":"{{now}}","extend":""}';
const fixture = (name: string, serviceCode: string, body: string, expected: object, at: number) => ({
  name,
  serviceCode,
  data: `{${head},"body":{"acctOrgNo":"1",${body}}}`,
  expect: expected,
  captured: { at },
});
const serial = '"bankSerial":"{{serial one}}","bankDate":"{{today}}"';
const set = [
  fixture(
    'a',
    '200001',
    '"queryType":"0","queryValue":"77"',
    { rtnCode: '9999', totalOweAmt: '1234', extend: 'T-9' },
    0,
  ),
  fixture(
    'b',
    '200002',
    `${serial},"rcvAmt":"{{answer a body.totalOweAmt}}","chargeCnt":"1","rcvDet":"77|{{answer a body.rcvblDet[0].rcvblAmtId}}||$"`,
    { rtnCode: '9999', extend: 're:^R-\\d{6}$' },
    400,
  ),
  fixture('c', '200012', serial, { rtnCode: '9999' }, 800),
];

describeWith(program('/usr/bin/python3', 'python3'), 'interop: replay against a foreign server', () => {
  let scratch: string;
  let remove: () => void;
  let child: ReturnType<typeof spawn>;
  let target: string[];
  before(async function () {
    this.timeout(60_000);
    const demo = await demoDirectory();
    remove = demo.remove;
    scratch = mkdtempSync(join(tmpdir(), 'sluice-foreign-'));
    const certs = join(demo.dir, 'certs');
    child = spawn('/usr/bin/python3', [join(import.meta.dirname, '../support/python/utility.py'), certs], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout === null) throw new Error('no output');
    const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const files = ['crt', 'key'].map((ending) => join(certs, `platform.${ending}`));
    target = [
      '--target',
      `127.0.0.1:${port}`,
      '--cert',
      String(files[0]),
      '--key',
      String(files[1]),
      '--ca',
      join(certs, 'ca.crt'),
    ];
    writeFileSync(join(scratch, 'set.json'), JSON.stringify(set));
  });
  after(() => {
    child?.kill();
    remove?.();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });
  const replay = (...args: string[]) =>
    sluice(['replay', ...args, ...target, '--dir', join(scratch, 'none')]);

  it('ends with 1 and reports what differs, as JUnit and HTML', async function () {
    this.timeout(60_000);
    const [junit, html] = [join(scratch, 'out.xml'), join(scratch, 'out.html')];
    const done = await replay(join(scratch, 'set.json'), '--junit', junit, '--html', html);
    expect(done.stdout)
      .matches(/body\.extend\s+- T-9\s+\+ T-0/)
      .contains('2 passed, 1 failed');
    expect(done.code).equals(1);
    const counted = run('/usr/bin/python3', [
      '-c',
      'import sys, xml.etree.ElementTree as E\nr = E.parse(sys.argv[1]).getroot()\nprint(len(r.findall(".//testcase")), len(r.findall(".//failure")))',
      junit,
    ]);
    expect(counted.trim()).equals('3 1');
    expect(readFileSync(html, 'utf8')).contains('body.extend');
  });

  it('ends with 0 where a rule lets it differ: ignored, or by a regular expression, from a file beside it', async function () {
    this.timeout(60_000);
    const file = join(scratch, 'set.json');
    expect((await replay(file, '--match', 'body.extend=^[TR]-\\d+$')).code).equals(0);
    expect((await replay(file, '--match', 'body.extend=^X')).code).equals(1);
    writeFileSync(join(scratch, 'replay.yaml'), 'ignore: ["**.extend"]\n');
    expect((await replay(scratch)).stdout).contains('3 passed, 0 failed');
  });

  it('keeps the recorded distances, faster, and repeats with new serials', async function () {
    this.timeout(60_000);
    const timed = [
      '--timing',
      'recorded',
      '--speed',
      '2',
      '--repeat',
      '2',
      '--json',
      '--ignore',
      'body.extend',
    ];
    const begun = performance.now();
    const done = await replay(join(scratch, 'set.json'), ...timed);
    const { passed, results } = JSON.parse(done.stdout);
    expect(passed).equals(true);
    expect(results).length(6);
    // 800 ms recorded, twice as fast, two rounds: never sooner, however busy the machine is.
    expect(performance.now() - begun).greaterThan(800);
    const serials = results
      .filter(({ serviceCode }: { serviceCode: string }) => serviceCode === '200002')
      .map(
        (one: { sent: { request: string }[] }) =>
          /"bankSerial":"(\d+)"/.exec(Buffer.from(one.sent[0]?.request ?? '', 'hex').toString())?.[1],
      );
    expect(new Set(serials).size).equals(2);
  });
});
