/**
 * RC2 decryption (RFC 2268), only to read key stores: JDK 8 encrypts the certificates of a PKCS#12 file with 40-bit RC2,
 * which OpenSSL 3, and with it Node, no longer offers. Nothing here is ever encrypted with it.
 */
const PI = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32' +
    'bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a' +
    '961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e' +
    'c5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);

/** The 64 round keys for a key of `key.length` bytes and as many effective bits. */
function expandKey(key: Buffer): Uint16Array {
  const at = (bytes: Buffer, i: number) => bytes.readUInt8(i);
  const size = key.length;
  const bits = size * 8;
  const mask = 0xff >> (8 * Math.ceil(bits / 8) - bits);
  const expanded = Buffer.alloc(128);
  key.copy(expanded);
  for (let i = size; i < 128; i++)
    expanded.writeUInt8(at(PI, (at(expanded, i - 1) + at(expanded, i - size)) & 0xff), i);
  const first = 128 - size;
  expanded.writeUInt8(at(PI, at(expanded, first) & mask), first);
  for (let i = first - 1; i >= 0; i--)
    expanded.writeUInt8(at(PI, at(expanded, i + 1) ^ at(expanded, i + size)), i);
  return Uint16Array.from({ length: 64 }, (_, i) => expanded.readUInt16LE(2 * i));
}

const ROTATIONS = [1, 2, 3, 5] as const;

function decryptBlock(keys: Uint16Array, block: Buffer): Buffer {
  const words = Uint16Array.from({ length: 4 }, (_, i) => block.readUInt16LE(2 * i));
  const word = (i: number) => words[i & 3] ?? 0;
  const key = (i: number) => keys[i] ?? 0;
  let next = 63;
  const unmix = () => {
    for (let i = 3; i >= 0; i--) {
      const turn = ROTATIONS[i as 0 | 1 | 2 | 3];
      const value = word(i);
      const turned = ((value >>> turn) | (value << (16 - turn))) & 0xffff;
      words[i] = turned - key(next--) - (word(i + 3) & word(i + 2)) - (~word(i + 3) & word(i + 1));
    }
  };
  const unmash = () => {
    for (let i = 3; i >= 0; i--) words[i] = word(i) - key(word(i + 3) & 63);
  };
  for (let round = 15; round >= 0; round--) {
    unmix();
    if (round === 11 || round === 5) unmash();
  }
  const out = Buffer.alloc(8);
  words.forEach((value, i) => {
    out.writeUInt16LE(value, 2 * i);
  });
  return out;
}

/** CBC with PKCS#7 padding. @throws Error when length or padding are wrong (wrong password). */
export function rc2Decrypt(key: Buffer, iv: Buffer, secret: Buffer): Buffer {
  if (secret.length === 0 || secret.length % 8 !== 0) throw new Error('not whole RC2 blocks');
  const keys = expandKey(key);
  const out = Buffer.alloc(secret.length);
  for (let start = 0; start < secret.length; start += 8) {
    const before = start === 0 ? iv : secret.subarray(start - 8, start);
    const plain = decryptBlock(keys, secret.subarray(start, start + 8));
    for (let i = 0; i < 8; i++) out.writeUInt8(plain.readUInt8(i) ^ before.readUInt8(i), start + i);
  }
  const padding = out.readUInt8(out.length - 1);
  const filled = out.subarray(out.length - padding);
  if (padding === 0 || padding > 8 || !filled.every((byte) => byte === padding))
    throw new Error('wrong RC2 padding');
  return out.subarray(0, out.length - padding);
}
