import {
  defaultFileSettings,
  type ExchangeFile,
  exchangeFiles,
  type FileSettings,
  fileFaults,
  fileNamePatterns,
  fileTypes,
  LINE_BYTES_MAX,
} from '../../src/protocol/index.js';
import { columnTable } from './fields.js';
import { code, generatedNote, page, table } from './markdown.js';

const settings: { readonly [K in keyof FileSettings]: readonly [string, string] } = {
  readCharset: ['auto, utf8, gbk, gb18030', '`auto`: UTF-8 where every byte of the file is, else GB18030'],
  writeCharset: ['gbk, utf8, gb18030', 'what it lacks is written as `?` and counted'],
  amountUnit: ['fen, yuan, fenDecimals', '`6370`, `63.70` or `6370.00`'],
  lineEnd: ['crlf, lf', 'as written; both are read'],
  byteOrderMark: ['true, false', 'as written; one is tolerated'],
  summaryOrder: [
    'amountFirst, countFirst',
    'of DSDZ, as written; read: the order that agrees with the lines',
  ],
  nullIsEmpty: ['true, false', 'the text `null` reads as empty'],
  successFlags: ['list', '`accountedFlag` of a debit that succeeded, with the whole amount debited'],
};

function section(type: (typeof fileTypes)[number]): string {
  const file: Pick<ExchangeFile, 'inName' | 'title' | 'purpose' | 'summaries' | 'detail'> =
    exchangeFiles[type];
  const summaries = Object.entries(file.summaries).flatMap(([order, line]) => [
    Object.keys(file.summaries).length > 1 ? `Summary, ${order}` : 'Summary',
    columnTable(line.columns),
  ]);
  return page(
    `## ${type} ${file.title}`,
    file.purpose,
    ...summaries,
    'Detail',
    columnTable(file.detail.columns),
  ).trimEnd();
}

export function filesPage(): string {
  const types = fileTypes.map((type) => {
    const { inName, title, direction, announcedBy, when } = exchangeFiles[type];
    return [code(type), code(inName), title, direction, announcedBy.join(', '), when];
  });
  const values = new Map<string, unknown>(Object.entries(defaultFileSettings));
  const rows = Object.entries(settings).map(([name, [allowed, means]]) => [
    code(name),
    allowed,
    code(JSON.stringify(values.get(name))),
    means,
  ]);
  return page(
    generatedNote,
    '# Exchange files',
    'Text files over SFTP, announced by 100001 (ours) or 200011/200019 (the platform’s, see [protocol.md](protocol.md)). Each line is declared once in `src/protocol/lines`; reader, writer, types, tests and this page come from there.',
    '## Types',
    table(['`fileType`', 'in the name', '名称', 'direction', 'announced by', 'when'], types),
    '## Names',
    `Only \`A-Z a-z 0-9 _ . -\`, not beginning with a dot. Written by pattern, default ${code(fileNamePatterns[0])}; also seen: ${fileNamePatterns.slice(1).map(code).join(', ')}. Read: the token that is a known type is the type, the eight digits last before the extension, or before a trailing unit, are the day; a token of digits is the clearing unit. The name decides over the \`fileType\` of the message, which counts only where the name has no type; the clearing unit comes from the message where the name has none. \`filePath\` may have any slashes and never leads out of the account’s tree.`,
    '## Lines',
    `Columns separated by \`|\`, every line closed by \`|\`; \`$\` closes a sub-field, \`#\` a sub-record. Line 1 is the summary; there is no trailer. A line that is not closed, or that lacks columns, is a fault, because it may have been cut. No escaping: \`| $ # CR LF\` in a text are written as spaces. A line has at most ${LINE_BYTES_MAX} bytes. The summary must agree with the lines, else the file is refused as a whole.`,
    'Settings, per clearing unit and type:',
    table(['setting', 'values', 'default', 'means'], rows),
    'Faults name line and column, and never the value: `第3行第4列 缴费金额：格式错误（expected an amount in fen）`.',
    table(
      ['fault', '意义'],
      Object.entries(fileFaults).map(([fault, meaning]) => [code(fault), meaning]),
    ),
    ...fileTypes.map(section),
    '## Measured',
    'Node 26.10, one core of a shared two-core machine, 1,000,000 lines from and to disk: DSDZ read 720,000 lines/s, written 455,000 lines/s, at most 184 MiB resident (of which the runtime itself about 100); JF 492,000 and 356,000; DZZD with three groups 188,000 and 152,000. Reading checks every field and the summary.',
  );
}
