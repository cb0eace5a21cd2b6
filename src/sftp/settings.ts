import { z } from 'zod';

const count = (fallback: number, max: number, why: string) =>
  z.int().min(1).max(max).default(fallback).describe(why);
const MIB = 1024 * 1024;
const MINUTE = 60_000;

/** Every limit of the SFTP server, with its default and its reason. */
export const sftpLimits = z
  .strictObject({
    connectionsMax: count(100, 10_000, 'Connections at once, logged in or not; each costs about 1 MiB.'),
    startupsFree: count(
      10,
      10_000,
      'Connections before login up to which none is refused (OpenSSH MaxStartups).',
    ),
    startupsMax: count(
      60,
      10_000,
      'Connections before login from which all are refused; between, by growing chance.',
    ),
    startupsPerAddressMax: count(20, 10_000, 'Connections before login from one address.'),
    loginGraceMs: count(
      60_000,
      10 * MINUTE,
      'From connect to login; OpenSSH allows 120 s, we need no person to type.',
    ),
    triesMax: count(6, 100, 'Failed logins on one connection (OpenSSH MaxAuthTries).'),
    failureDelayMs: count(
      500,
      MINUTE,
      'Wait before a failed login is answered; doubles with each failure of the address.',
    ),
    failureDelayMaxMs: count(8_000, MINUTE, 'The longest such wait.'),
    failuresPerAddressMax: count(
      20,
      100_000,
      'Failed logins from one address (IPv6: /64) within the window: then it is banned.',
    ),
    failuresPerAccountMax: count(
      50,
      100_000,
      'Failed passwords of one account within the window: then no password of it is taken, keys still are.',
    ),
    failureWindowMs: count(10 * MINUTE, 1440 * MINUTE, 'How long a failed login is remembered.'),
    banMs: count(
      10 * MINUTE,
      1440 * MINUTE,
      'The first ban; each further one within a day is twice as long.',
    ),
    banMaxMs: count(1440 * MINUTE, 7 * 1440 * MINUTE, 'The longest ban.'),
    passwordChecksMax: count(
      2,
      8,
      'Passwords checked at once: each takes 32 MiB and a thread for about 0.1 s.',
    ),
    idleMs: count(
      10 * MINUTE,
      1440 * MINUTE,
      'A logged-in connection without a request is closed after this.',
    ),
    keepaliveMs: count(
      15_000,
      10 * MINUTE,
      'A silent client is asked for a sign of life this often; after three it is closed.',
    ),
    sessionsPerAccountMax: count(10, 1_000, 'Logged-in connections of one account, over all nodes.'),
    channelsPerConnectionMax: count(4, 64, 'SFTP sessions within one connection.'),
    handlesMax: count(128, 4_096, 'Open files and directories of one SFTP session.'),
    fileBytesMax: count(
      4_096 * MIB,
      Number.MAX_SAFE_INTEGER,
      'The longest file; a million lines are about 200 MiB.',
    ),
    freeBytesMin: z
      .int()
      .min(0)
      .default(256 * MIB)
      .describe('Uploads are refused when less than this is free on the disk, which the database may share.'),
    partialDays: count(7, 365, 'An unfinished upload that nobody went on with is removed after this.'),
    rekeyBytes: count(
      1_024 * MIB,
      65_536 * MIB,
      'New keys after this many bytes (RFC 4253, section 9: 1 GiB).',
    ),
    rekeyMs: count(60 * MINUTE, 1440 * MINUTE, 'New keys after this time (RFC 4253, section 9: one hour).'),
  })
  .prefault({});
export type SftpLimits = z.output<typeof sftpLimits>;

/** The section `sftp` of the configuration. */
export const sftpSettings = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether this node runs the SFTP server.'),
    host: z.string().min(1).default('0.0.0.0').describe('The address it listens on.'),
    port: z.int().min(0).max(65_535).default(2022).describe('Its port; 0 = any free one (SLUICE_SFTP_PORT).'),
    root: z.string().min(1).default('exchange').describe('The folder in which each account has its tree.'),
    nistCurves: z
      .enum(['old-clients', 'always', 'never'])
      .default('old-clients')
      .describe(
        'Who is offered ECDH and ECDSA over NIST curves: those who know nothing better (see oldClients), all, or none.',
      ),
    oldClients: z
      .array(z.string().min(1))
      .default(['JSCH-0.1.', 'JSCH_0.1.'])
      .describe('How the software of clients begins that know nothing better than NIST curves.'),
    legacyAlgorithms: z
      .boolean()
      .default(false)
      .describe('Also SHA-1 signatures, hmac-sha1, aes-cbc and group14-sha1, for clients from before 2012.'),
    modifyFinished: z
      .boolean()
      .default(true)
      .describe(
        'Whether a finished upload may be opened again to append (a copy is changed and then put in its place).',
      ),
    unfinishedEndings: z
      .array(z.string().regex(/^\.[a-z0-9_-]+$/, 'an ending such as .filepart, lower case'))
      .default(['.filepart', '.part', '.partial', '.tmp', '.temp', '.uploading', '.writing'])
      .describe('Names with these endings stay invisible to processing until they are renamed.'),
    durable: z
      .boolean()
      .default(true)
      .describe('Whether an upload is on the disk (fsync) before its end is confirmed to the client.'),
    fileCalls: z
      .enum(['auto', 'direct', 'threads'])
      .default('auto')
      .describe(
        'How short file system calls are made: directly where the files lie on a disk of this machine (auto), or through threads.',
      ),
    limits: sftpLimits,
  })
  .prefault({});
export type SftpSettings = z.output<typeof sftpSettings>;
