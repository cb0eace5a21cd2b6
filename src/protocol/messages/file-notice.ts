import { defineMessage, text } from '../schema.js';
import { clearingUnit, extend, result } from './common.js';

const request = {
  clearingUnit,
  filePath: text('filePath', '路径', { max: 256 }),
  fileType: text('fileType', '文件类型', { max: 32, note: 'empty or wrong: the name tells' }),
  fileName: text('fileName', '文件名', { min: 1, max: 128, required: true }),
  extend,
};
const answer = { ...result, extend };

/** spec "200011/200019": a file of the platform lies ready. */
export const fileNotice = defineMessage({
  serviceCodes: ['200011', '200019'],
  title: '接收文本',
  purpose: 'A file (DSDZ, REDK) lies ready: fetch and process it.',
  direction: 'platform→utility',
  effect: { repeatKey: ['clearingUnit', 'fileName'] },
  request,
  answer,
});

/** spec "100001": our file lies ready. Some platforms know it under another code (dialect `noticeCode`). */
export const fileNoticeOut = defineMessage({
  serviceCodes: ['100001'],
  title: '文件通知',
  purpose: 'Our file (DKKK, DZZD, JF, CFTZ) lies ready.',
  direction: 'utility→platform',
  effect: { repeatKey: ['clearingUnit', 'fileName'] },
  request,
  answer,
});
