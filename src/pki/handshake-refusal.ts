/** Why a handshake came to nothing, in words an operator can act on. Node says it in three different places (error code, verify error, nothing). */
import { codeOf } from '../errors.js';

/** Reason → what it means and what to look at. The reason is also the label of the metric. */
export const handshakeRefusals = {
  'no-certificate': 'the peer showed no certificate: it has no key store configured, or none that fits',
  'unknown-certificate':
    'a self-signed certificate that is not pinned here (or disabled, revoked, or replaced): compare with "sluice certs peer list"',
  'unknown-issuer':
    'the issuer is not known here: another CA, or the peer does not send its intermediate certificate',
  'expired-certificate': 'its certificate is expired: the peer must renew it',
  'future-certificate': 'its certificate is not valid yet: compare the clocks on both sides',
  'wrong-usage': 'its certificate is not for TLS clients (extended key usage)',
  'weak-certificate': 'its certificate is too weak: a key below 2048 bits, or signed with SHA-1',
  'bad-certificate': 'its certificate cannot be verified',
  'refused-by-peer': 'the peer does not accept our certificate: give it ours ("sluice certs export")',
  'old-protocol': 'no common TLS version or cipher: the peer is older than TLS 1.2 with forward secrecy',
  'not-tls': 'what came is no TLS',
  'handshake-timeout': 'the handshake was not finished in time',
  'connection-lost': 'the connection ended during the handshake',
} as const;
export type HandshakeRefusal = keyof typeof handshakeRefusals;

/** Verify errors of OpenSSL by their Node names. Node has no name for a short key or a weak digest: it says UNSPECIFIED. */
const VERIFY: Readonly<Record<string, HandshakeRefusal>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown-certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-issuer',
  CERT_HAS_EXPIRED: 'expired-certificate',
  CERT_NOT_YET_VALID: 'future-certificate',
  INVALID_PURPOSE: 'wrong-usage',
  UNSPECIFIED: 'weak-certificate',
};

const CODES: readonly (readonly [pattern: RegExp, HandshakeRefusal])[] = [
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, 'no-certificate'],
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_)/, 'refused-by-peer'],
  [/NO_SHARED_CIPHER|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|NO_SUITABLE_|NO_SHARED_SIGNATURE/, 'old-protocol'],
  [/HTTP_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH|RECORD_TOO|UNEXPECTED_MESSAGE|BAD_RECORD/, 'not-tls'],
  [/EE_KEY_TOO_SMALL|CA_KEY_TOO_SMALL|CA_MD_TOO_WEAK|WRONG_SIGNATURE_TYPE/, 'weak-certificate'],
  [/HANDSHAKE_TIMEOUT/, 'handshake-timeout'],
];

/**
 * The reason of a `tlsClientError`.
 * @param error what the event gave
 * @param authorizationError of the refused socket: set when its certificate was the reason
 */
export function handshakeRefusal(error: unknown, authorizationError: unknown): HandshakeRefusal {
  if (authorizationError !== null && authorizationError !== undefined) {
    const verify = codeOf(authorizationError) || String(authorizationError);
    return VERIFY[verify] ?? 'bad-certificate';
  }
  const code = codeOf(error);
  const known = CODES.find(([pattern]) => pattern.test(code));
  if (known) return known[1];
  return code.startsWith('ERR_SSL_') ? 'not-tls' : 'connection-lost';
}
