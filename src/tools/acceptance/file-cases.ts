/** Files put by SFTP and announced by 200011 and 200019, with every verdict code. */
import { addDays } from '../../clock.js';
import { type Day, fileNamePatterns, parseDay, writeFileName } from '../../protocol/index.js';
import type { AcceptanceCase, Examination } from './case.js';

const group = '文件';
/** Long ago, when nothing was paid: an empty file of such a day agrees with any books, so nothing is repaired because of it. */
const FIRST_DAY = parseDay('19910101');
const DAYS = 3000;
const EMPTY = Buffer.from('0|0|\r\n');

const nameOf = ({ parts }: Examination, day: Day): string =>
  writeFileName(fileNamePatterns[0], {
    type: 'DSDZ',
    day,
    org: parts.organisation,
    unit: parts.plan.unit,
    area: undefined,
  });
/** A day that no earlier acceptance has used, most likely. */
function freshDay({ parts, today }: Examination): Day {
  const back = Number.parseInt(parts.sender.ids.digits(6), 10) % DAYS;
  return FIRST_DAY === undefined ? today : addDays(FIRST_DAY, back);
}

export const fileCases: readonly AcceptanceCase[] = [
  {
    group,
    title: '200011、200019：文件不存在 4003；类型不明 0008；文件名不合法 4000',
    async run(x) {
      const { asking } = x.parts;
      const name = nameOf(x, freshDay(x));
      x.expect(await x.ask(asking.notice(name)), '4003');
      x.expect(await x.ask(asking.notice(name, { code: '200019' })), '4003');
      x.expect(await x.ask(asking.notice(name.replace('DSDZ', 'NONE'), { fileType: 'NONE' })), '0008');
      x.expect(await x.ask(asking.notice('../etc/passwd', { fileType: 'DSDZ' })), '4000', '0003');
    },
  },
  {
    group,
    title:
      '对账文件上传：接收 9999，重复通知与重发 4004，同名不同内容被拒，内容有误 4000，摘要不符 4002，日期未到 4001',
    async run(x) {
      const { files, asking } = x.parts;
      if (files === undefined) return x.leave('没有 SFTP 账户（--sftp-user）');
      const put = async (name: string, content: Buffer) => {
        await files.put(name, content);
        x.did(`SFTP 上传 ${name}，${content.length} 字节：${JSON.stringify(content.toString())}`);
      };
      const announce = (name: string, extend = '', code: '200011' | '200019' = '200011') =>
        x.ask(asking.notice(name, { fileType: 'DSDZ', filePath: '/upload/', extend, code }));
      const good = nameOf(x, freshDay(x));
      await put(good, EMPTY);
      x.expect(await announce(good), '9999', '4005');
      x.expect(await announce(good, '', '200019'), '4004', '4006', '9999');
      await put(good, EMPTY);
      x.expect(await announce(good), '4004', '4006', '9999');
      await put(good, Buffer.concat([EMPTY, EMPTY.subarray(4)]));
      x.expect(await announce(good), '4002', '4000');
      const broken = nameOf(x, freshDay(x));
      await put(broken, Buffer.from('100|2|\r\n'));
      x.expect(await announce(broken), '4000');
      const wrong = nameOf(x, freshDay(x));
      await put(wrong, EMPTY);
      x.expect(await announce(wrong, `sha256=${'f'.repeat(64)}`), '4002');
      const future = nameOf(x, addDays(x.today, 3));
      await put(future, EMPTY);
      x.expect(await announce(future), '4001');
    },
  },
];
