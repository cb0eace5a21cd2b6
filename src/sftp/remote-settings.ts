import { z } from 'zod';

/** `SHA256:` and 43 characters, as `ssh-keygen -l` prints it. */
const fingerprint = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected a fingerprint such as SHA256:… (ssh-keygen -l prints it)');

/** An SFTP server of the platform's, of which we are the client (remote mode). */
export const remoteSftpSettings = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(22),
  username: z.string().min(1),
  privateKeyFile: z.string().min(1).optional().describe('our private key, relative to the directory'),
  passphraseFile: z.string().min(1).optional().describe('its passphrase, if it has one'),
  passwordFile: z
    .string()
    .min(1)
    .optional()
    .describe('a file with the password in its first line, mode 0600'),
  hostKeys: z
    .array(fingerprint)
    .default([])
    .describe('the fingerprints of the server’s host keys; any other key is refused'),
  legacyAlgorithms: z.boolean().default(false).describe('also SHA-1 signatures, aes-cbc and hmac-sha1'),
  temporaryEnding: z.string().min(1).default('.tmp').describe('what a file is called while it is being sent'),
  verify: z
    .enum(['read-back', 'size'])
    .default('read-back')
    .describe(
      'how a sent file is checked where the server offers no digest: fetched again, or by its size alone',
    ),
  connectMs: z.int().min(1_000).max(120_000).default(20_000).describe('until logged in'),
  silenceMs: z
    .int()
    .min(1_000)
    .max(600_000)
    .default(60_000)
    .describe('a transfer without progress is cut off'),
  attemptsMax: z.int().min(1).max(20).default(4).describe('tries of one operation when the connection fails'),
  retryMs: z
    .int()
    .min(10)
    .max(60_000)
    .default(1_000)
    .describe('the wait before the second try; doubles each time'),
});
export type RemoteSftpSettings = z.output<typeof remoteSftpSettings>;
