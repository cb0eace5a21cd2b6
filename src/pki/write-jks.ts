/** Writes JKS trust stores, for peers on JDK 6 and 7, which read no trusted certificates from PKCS#12. Layout: read-jks.ts. */
import { createHash } from 'node:crypto';
import type { Moment } from '../clock.js';
import { certificatesOf } from './x509.js';

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
};

/** Certificates only: the digest protects them from being changed, not from being read. Aliases are written in lower case. */
export function writeJksTrustStore(params: {
  readonly entries: readonly { readonly alias: string; readonly certPem: string }[];
  readonly password: string;
  readonly now: Moment;
}): Buffer {
  const entries = params.entries.flatMap(({ alias, certPem }) =>
    certificatesOf(certPem).map(({ raw }) =>
      Buffer.concat([
        int(2),
        text(alias.toLowerCase()),
        long(params.now),
        text('X.509'),
        int(raw.length),
        raw,
      ]),
    ),
  );
  const body = Buffer.concat([int(0xfeedfeed), int(2), int(entries.length), ...entries]);
  const password = Buffer.from(params.password, 'utf16le').swap16();
  const digest = createHash('sha1').update(password).update('Mighty Aphrodite').update(body).digest();
  return Buffer.concat([body, digest]);
}
