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

/** The members of a SEQUENCE, SET or explicit tag. @throws Error when it is none. */
export function childrenOf(block: asn1.BaseBlock | undefined): readonly asn1.BaseBlock[] {
  if (block instanceof asn1.Sequence || block instanceof asn1.Set || block instanceof asn1.Constructed)
    return block.valueBlock.value;
  throw new Error('a structure is not where it should be');
}

/** The member at this place. @throws Error when it is missing. */
export function childAt(block: asn1.BaseBlock | undefined, index: number): asn1.BaseBlock {
  const child = childrenOf(block)[index];
  if (child === undefined) throw new Error('a member of a structure is missing');
  return child;
}

/** The bytes of an OCTET STRING (also in pieces, as BER allows) or of an implicitly tagged one. */
export function octetsOf(block: asn1.BaseBlock | undefined): Buffer {
  if (block instanceof asn1.OctetString) return Buffer.from(block.getValue());
  if (block instanceof asn1.Primitive) return Buffer.from(block.valueBlock.valueHexView);
  if (block instanceof asn1.Constructed) return Buffer.concat(block.valueBlock.value.map(octetsOf));
  throw new Error('an octet string is not where it should be');
}

export function oidOf(block: asn1.BaseBlock | undefined): string {
  if (block instanceof asn1.ObjectIdentifier) return block.valueBlock.toString();
  throw new Error('an object identifier is not where it should be');
}

export function integerOf(block: asn1.BaseBlock | undefined): number {
  if (block instanceof asn1.Integer && !block.valueBlock.isHexOnly) return block.valueBlock.valueDec;
  throw new Error('a small whole number is not where it should be');
}

/** The bytes of the block as they stood in what was read. */
export const rawOf = (block: asn1.BaseBlock): Buffer => Buffer.from(block.valueBeforeDecodeView);

/** Is this `[tag]`? */
export const isTagged = (block: asn1.BaseBlock | undefined, tag: number): boolean =>
  block !== undefined && block.idBlock.tagClass === 3 && block.idBlock.tagNumber === tag;

export function textOf(block: asn1.BaseBlock | undefined): string {
  return block instanceof asn1.BmpString || block instanceof asn1.Utf8String ? block.valueBlock.value : '';
}
