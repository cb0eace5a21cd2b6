import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Ids } from '../clock.js';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

/** About 0.1 s and 32 MiB for each guess, ours or an attacker's (OWASP's advice for scrypt is N = 2^15 to 2^17). */
const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** `scrypt$N$r$p$salt$key`: the cost is stored with each, so that it can grow. */
const SHAPE = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/=]{8,64})\$([A-Za-z0-9+/=]{16,128})$/;

export const PASSWORD_CHARS_MIN = 12;
export const PASSWORD_CHARS_MAX = 200;

export async function hashPassword(password: string, ids: Ids): Promise<string> {
  const salt = ids.bytes(SALT_BYTES);
  const key = await derive(password.normalize('NFC'), salt, KEY_BYTES, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), key.toString('base64')].join('$');
}

/** Compared against where there is no account or no password: it costs the same and nothing fits it. */
const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$${'A'.repeat(22)}==$${'A'.repeat(43)}=`;

/** Whether the password fits. Takes as long for an account that does not exist (`undefined`). */
export async function fitsPassword(password: string, hash: string | undefined): Promise<boolean> {
  const match = SHAPE.exec(hash ?? NOBODY) ?? SHAPE.exec(NOBODY);
  if (match === null || password.length > PASSWORD_CHARS_MAX) return false;
  const [, n = '', r = '', p = '', salt = '', key = ''] = match;
  const expected = Buffer.from(key, 'base64');
  const cost = { N: Number(n), r: Number(r), p: Number(p), maxmem: COST.maxmem };
  const actual = await derive(password.normalize('NFC'), Buffer.from(salt, 'base64'), expected.length, cost);
  return timingSafeEqual(actual, expected) && hash !== undefined;
}

/** A password for people to copy: 20 letters and digits, 100 bits, without those that look alike. */
export function makePassword(ids: Ids): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789A';
  return [...ids.bytes(20)].map((byte) => letters[byte % letters.length] ?? '').join('');
}
