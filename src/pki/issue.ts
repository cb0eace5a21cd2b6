/** Making certificates: a local CA, certificates signed by it, self-signed certificates (RFC 5280 profile that JDK 8 to 21 accept). */
import { type Ids, type Moment, systemIds } from '../clock.js';
import {
  type Credential,
  certificateOf,
  generateKeyPair,
  type KeyType,
  signingAlgorithmOf,
  signingKey,
  x509,
} from './x509.js';

const DAY_MS = 86_400_000;
/** Valid from a little before now, because the clocks of peers differ. */
const BACKDATED_MS = 3_600_000;

export const usages = ['server', 'client', 'both'] as const;
/** `both` suits a gateway: it is the server for requests and the client for its own notices. */
export type Usage = (typeof usages)[number];

export interface Validity {
  readonly days: number;
  readonly now: Moment;
  /** Where the serial number comes from. */
  readonly ids?: Ids;
}
export interface CertificateParams extends Validity {
  /** A name (becomes `CN=name`) or a whole distinguished name such as `CN=gateway,O=Water,C=CN`. */
  readonly subject: string;
  readonly usage: Usage;
  readonly keyType: KeyType;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** A distinguished name from what people write: a bare name becomes its common name. */
export const distinguishedName = (subject: string): string =>
  /^\s*[A-Za-z0-9.]+\s*=/.test(subject) ? subject : `CN=${subject.replace(/[\\,+"<>;=#]/g, '\\$&')}`;

const validity = ({ days, now }: Validity) => ({
  notBefore: new Date(now - BACKDATED_MS),
  notAfter: new Date(now + days * DAY_MS),
});

/** 127 random bits: positive, unpredictable, unique without a register (RFC 5280 4.1.2.2). */
function serialNumber({ ids = systemIds }: Validity): string {
  const bytes = ids.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function leafExtensions(params: Omit<CertificateParams, keyof Validity>): x509.Extension[] {
  const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
  const purposes: string[] = [];
  if (params.usage !== 'client') purposes.push(x509.ExtendedKeyUsage.serverAuth);
  if (params.usage !== 'server') purposes.push(x509.ExtendedKeyUsage.clientAuth);
  const names = [
    ...(params.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(params.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(
      params.keyType === 'ecdsa-p256' ? digitalSignature : digitalSignature | keyEncipherment,
      true,
    ),
    new x509.ExtendedKeyUsageExtension(purposes),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ];
}

/** A new CA: its certificate may sign leaf certificates and CRLs only (path length 0). */
export async function createCa(
  params: Validity & { readonly commonName: string; readonly keyType?: KeyType },
): Promise<Credential> {
  const { keys, keyPem } = await generateKeyPair(params.keyType ?? 'ecdsa-p256');
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: distinguishedName(params.commonName),
    keys,
    serialNumber: serialNumber(params),
    ...validity(params),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: `${certificate.toString('pem')}\n`, keyPem };
}

/** A certificate that is its own issuer, for peers that pin fingerprints (the custom of this field). */
export async function selfSign(params: CertificateParams): Promise<Credential> {
  const { keys, keyPem } = await generateKeyPair(params.keyType);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: distinguishedName(params.subject),
    keys,
    serialNumber: serialNumber(params),
    ...validity(params),
    extensions: [...leafExtensions(params), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  });
  return { certPem: `${certificate.toString('pem')}\n`, keyPem };
}

/** A new key and its certificate, signed by the CA. Never outlives the CA. */
export async function issueCertificate(
  params: CertificateParams & { readonly ca: Credential },
): Promise<Credential> {
  const { keys, keyPem } = await generateKeyPair(params.keyType);
  return { certPem: await signLeaf(params, new x509.PublicKey(await spki(keys.publicKey))), keyPem };
}

const spki = (key: CryptoKey): Promise<ArrayBuffer> =>
  x509.cryptoProvider.get().subtle.exportKey('spki', key);

/** The certificate of a public key whose private half is elsewhere (a request). */
export async function signLeaf(
  params: CertificateParams & { readonly ca: Credential },
  publicKey: x509.PublicKey,
): Promise<string> {
  const ca = new x509.X509Certificate(params.ca.certPem);
  const wanted = validity(params);
  const caKeyId = ca.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: distinguishedName(params.subject),
    issuer: ca.subjectName,
    publicKey,
    signingKey: await signingKey(params.ca.keyPem),
    signingAlgorithm: signingAlgorithmOf(params.ca.keyPem),
    serialNumber: serialNumber(params),
    notBefore: wanted.notBefore,
    notAfter: new Date(Math.min(wanted.notAfter.getTime(), ca.notAfter.getTime())),
    extensions: [
      ...leafExtensions(params),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      caKeyId === undefined
        ? await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey)
        : new x509.AuthorityKeyIdentifierExtension(caKeyId),
    ],
  });
  const pem = `${certificate.toString('pem')}\n`;
  if (!certificateOf(pem).checkIssued(certificateOf(params.ca.certPem)))
    throw new Error('the certificate just issued does not name its CA');
  return pem;
}
