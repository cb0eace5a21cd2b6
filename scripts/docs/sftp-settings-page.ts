/** docs/sftp-settings.md from the schemas of the configuration. */
import { z } from 'zod';
import { remoteSftpSettings } from '../../src/sftp/index.js';
import { sftpLimits, sftpSettings } from '../../src/sftp/settings.js';
import { code, table } from './markdown.js';

/** What of JSON Schema is shown. */
const property = z.looseObject({
  description: z.string().default(''),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  enum: z.array(z.string()).optional(),
});
const schema = z.looseObject({
  properties: z.record(z.string(), property),
  required: z.array(z.string()).default([]),
});

function rowsOf(settings: z.ZodType): string {
  const { properties, required } = schema.parse(z.toJSONSchema(settings, { io: 'input' }));
  const rows = Object.entries(properties)
    .filter(([name]) => name !== 'limits')
    .map(([name, { description, default: fallback, minimum, maximum, enum: values }]) => {
      const range = values?.join(', ') ?? (minimum === undefined ? '' : `${minimum}–${maximum ?? ''}`);
      const usual = required.includes(name)
        ? 'needed'
        : fallback === undefined
          ? ''
          : JSON.stringify(fallback);
      return [code(name), usual, range, description];
    });
  return table(['setting', 'default', 'allowed', 'meaning'], rows);
}

export const sftpSettingsPage = (): string => `# Settings of SFTP

Written by \`npm run docs\` from the schemas; how they work together: docs/sftp.md. Times end in \`Ms\` (milliseconds), sizes in \`Bytes\`.

## Section \`sftp\` of sluice.yaml

${rowsOf(sftpSettings)}

## Section \`sftp.limits\`

${rowsOf(sftpLimits)}

## Section \`exchange.units.UNIT.remote\`: the platform hosts SFTP

${rowsOf(remoteSftpSettings)}
`;
