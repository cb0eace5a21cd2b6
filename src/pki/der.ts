/** Short names for the ASN.1 values that PKCS#12 and PKCS#7 are built of. */
import * as asn1 from 'asn1js';

export const seq = (...value: asn1.BaseBlock[]) => new asn1.Sequence({ value });
export const set = (...value: asn1.BaseBlock[]) => new asn1.Set({ value });
export const oid = (value: string) => new asn1.ObjectIdentifier({ value });
export const integer = (value: number) => new asn1.Integer({ value });
export const octets = (bytes: Uint8Array) => new asn1.OctetString({ valueHex: bytesOf(bytes) });
export const nothing = () => new asn1.Null();
export const bmpString = (value: string) => new asn1.BmpString({ value });
/** `[tag] EXPLICIT` */
export const explicit = (tagNumber: number, ...value: asn1.BaseBlock[]) =>
  new asn1.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
/** `[tag] IMPLICIT OCTET STRING` */
export const implicitOctets = (tagNumber: number, bytes: Uint8Array) =>
  new asn1.Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: bytesOf(bytes) });

/** A copy in a buffer of its own: Node's small buffers share one. */
const bytesOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

export const derOf = (block: asn1.BaseBlock): Buffer => Buffer.from(block.toBER());

/** Reads one BER or DER value. @throws Error when the bytes are not that. */
export function parseDer(bytes: Uint8Array): asn1.AsnType {
  const { offset, result } = asn1.fromBER(bytesOf(bytes));
  if (offset < 0 || result.error !== '') throw new Error(`not ASN.1: ${result.error || 'cut short'}`);
  return result;
}
