import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DATA_BYTES_MAX,
  headFields,
  type Message,
  messages,
  resultCodes,
  resultTable,
} from '../../src/protocol/index.js';
import { peerTable, unitTable } from './dialects.js';
import { memberTable } from './fields.js';
import { code, generatedNote, page, table } from './markdown.js';

const FRAME = `\`\`\`
  0      1                 5              11           11+n   12+n
  +------+-----------------+--------------+------------+------+
  | 0x68 | n, int32 LE     | service code | data       | 0x16 |
  +------+-----------------+--------------+------------+------+
   start   bytes of data     6 digits       JSON text    end
\`\`\``;

/** Behaviour of decoder and server; test/protocol/defects.test.ts and test/server/field-defects.test.ts hold each row. */
const defects: readonly (readonly string[])[] = [
  ['length −1, 0, negative, over the limit', 'closed, no answer', 'the same'],
  ['big-endian length', 'closed; the log says what it would be read big-endian', 'the same'],
  [
    'length counts characters, is off by one or stale',
    'closed: no end mark where the length says',
    '`charCount`: cut at the end mark behind the closed JSON object, within the limit',
  ],
  [
    'CR LF behind the frame',
    'the frame is answered, then closed',
    '`trailingNewline`: up to four CR and LF are swallowed',
  ],
  ['wrong end mark', 'closed, no answer', 'the same'],
  ['bytes before `0x68`', 'closed after the first byte', 'the same'],
  ['service code with other than digits', 'closed after 11 bytes', 'the same'],
  ['unknown service code', '0008', ''],
  ['code of the frame ≠ `head.servCode`', 'the frame decides', ''],
  [
    'data not JSON, JSON with an unescaped `\\`, a byte order mark, no object, nested deeper than 16',
    '0000',
    '',
  ],
  ['`head` or `body` missing or no object', '0000', ''],
  ['a member of `head` too long or no text', '0003', ''],
  ['GBK bytes from a `utf8` peer, UTF-8 from a `gbk` peer', '0000', 'set `charset`'],
  ['duplicate members', 'the last counts', ''],
];

const captured = (name: string): string => {
  const path = join(import.meta.dirname, '../../fixtures/messages', `${name}.json`);
  const { data } = JSON.parse(readFileSync(path, 'utf8')) as { data: string };
  return `\`\`\`json\n${JSON.stringify(JSON.parse(data), null, 1)}\n\`\`\``;
};

function section(message: Message): string {
  const { serviceCodes, title, purpose, direction, effect } = message;
  const repeat =
    effect === 'query'
      ? 'A query: may be repeated freely.'
      : `A repeat is known by ${effect.repeatKey.map((name) => code(message.request[name]?.wire ?? name)).join(' + ')}.`;
  return page(
    `### ${serviceCodes.join(', ')} ${title}`,
    `${purpose} ${direction}. ${repeat}`,
    'Request',
    memberTable(message.request),
    'Answer',
    memberTable(message.answer),
  ).trimEnd();
}

export function protocolPage(): string {
  const services = messages.map(({ serviceCodes, title, purpose, direction }) => [
    serviceCodes.join(', '),
    title,
    purpose,
    direction,
  ]);
  const codes = resultCodes.map((result) => [result, resultTable[result].meaning, resultTable[result].group]);
  return page(
    generatedNote,
    '# Wire protocol',
    'What goes over the socket, as this gateway reads and writes it. Each message is declared once in `src/protocol/messages`; decoder, encoder, types, masking, tests and this page come from there. Exchange files: [files.md](files.md).',
    '## Frame',
    FRAME,
    `Total = n + 12. No checksum, no escaping; the end mark is positional. A frame may arrive in any pieces and with the next one behind it. The limit of the data (default ${DATA_BYTES_MAX} bytes) is checked from the header.`,
    '### Field defects',
    'Strict unless the peer’s dialect says otherwise. A frame that can be cut is answered; one that cannot is closed without an answer. Each row has a fixture in `fixtures/defects`, which is sent through the decoder and through a TLS socket.',
    table(['defect', 'strict', 'tolerant'], defects),
    '## Data',
    '`{"head":{…},"body":{…}}`, in any order. Every scalar is a text on the wire; JSON numbers are read where they are exact. Empty: missing, `null` or `""`. Unknown members are ignored and logged by name. Texts have no control characters. Captured:',
    captured('02-payment-captured-2017'),
    '### head',
    memberTable(headFields),
    'The answer echoes version and msgId, carries the service code of the frame, and has `source` and `desIfno` swapped (dialect `head`).',
    '### Faults of the body',
    'All fields are read, whatever is wrong with one of them. The answer is that of the first fault: an empty required field 0004, anything else 0003 unless the table below says otherwise. `rtnMsg` names the field and never its value.',
    '## Services',
    table(['code', '名称', 'purpose', 'direction'], services),
    'Every other code is answered 0008.',
    ...messages.map(section),
    '## rtnCode',
    table(['code', '意义', 'group'], codes),
    '## Dialects',
    'Of the peer (its certificate), because it is needed before the data can be read:',
    peerTable(),
    'Of the clearing unit (`body.acctOrgNo`):',
    unitTable(),
  );
}
