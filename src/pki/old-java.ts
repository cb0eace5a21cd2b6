/** What a peer on JDK 8 (and the even older ones of this field) will say to our certificate. */
import type { X509Certificate } from 'node:crypto';
import { signatureOf } from './weakness.js';
import { x509 } from './x509.js';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** Sentences, none when a JDK 8 has nothing to object. Sources: the JDK 8 security notes on algorithms and its
 * release notes; verified against a Java 17 with the lists of JDK 8 (test/interop/certs-old-java.test.ts). */
export function oldJavaRemarks(certificate: X509Certificate): string[] {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const remarks: string[] = [];
  const curve = asymmetricKeyDetails?.namedCurve;
  if (asymmetricKeyType === 'ec' && curve !== 'prime256v1' && curve !== 'secp384r1' && curve !== 'secp521r1')
    remarks.push(
      `JDK 8 does not know the curve ${curve ?? ''}: it ends the handshake with "handshake_failure"`,
    );
  if (asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448')
    remarks.push(
      'JDK 8 to 14 know no Ed25519 or Ed448 keys: they end the handshake with "handshake_failure"',
    );
  const signature = signatureOf(certificate);
  if (/PSS/.test(signature) || asymmetricKeyType === 'rsa-pss')
    remarks.push('JDK 8 before 8u251 does not know RSA-PSS: it says "NoSuchAlgorithmException"');
  // Whoever trusts the certificate itself asks neither for its signature nor for its usage.
  const issued = certificate.subject !== certificate.issuer;
  if (/md5/i.test(signature) && issued)
    remarks.push(
      `JDK 8 refuses certificates signed with ${signature}: it ends the handshake with "handshake_failure"`,
    );
  if (/sha-?1\b/i.test(signature) && issued)
    remarks.push(
      `JDK 8 takes certificates signed with ${signature} from private CAs only; from those that Java brings along it says "Certificates do not conform to algorithm constraints"`,
    );
  const bits = asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < 1024)
    remarks.push(
      'JDK 8 refuses RSA keys below 1024 bits: "Certificates do not conform to algorithm constraints"',
    );
  const purposes = new x509.X509Certificate(new Uint8Array(certificate.raw)).getExtension(
    x509.ExtendedKeyUsageExtension,
  )?.usages;
  if (issued && purposes && !purposes.includes(SERVER_AUTH))
    remarks.push(
      'it is not for TLS servers: Java says "Extended key usage does not permit use for TLS server authentication"',
    );
  if (purposes && !purposes.includes(CLIENT_AUTH))
    remarks.push('it is not for TLS clients: our notices (100001) will be refused by a Java platform');
  return remarks;
}
