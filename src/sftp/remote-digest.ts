/**
 * The digest of a file on the other side, where its server offers one: the extension `check-file` of
 * draft-ietf-secsh-filexfer-extensions-00, section 3 (ProFTPD, Bitvise, ours; not OpenSSH).
 */
import type { Client, ClientChannel } from 'ssh2';
import { replyType, requestType } from './wire/constants.js';
import { PacketDecoder } from './wire/packet-decoder.js';
import { Reader } from './wire/reader.js';

const VERSION = Buffer.from([0, 0, 0, 5, requestType.init, 0, 0, 0, 3]);

/** SHA-256 in hex; `undefined` where the server offers no digest, or not of this file. @throws where the connection fails */
export async function remoteDigest(client: Client, path: string): Promise<string | undefined> {
  // On a channel of its own: ssh2's client knows no way to send an extended request.
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.subsys('sftp', (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  try {
    const next = packetsOf(channel);
    channel.write(VERSION);
    const version = await next();
    if (!offersDigest(version)) return undefined;
    channel.write(checkFileRequest(path));
    return digestIn(await next());
  } finally {
    channel.end();
  }
}

function packetsOf(channel: ClientChannel): () => Promise<Buffer> {
  const decoder = new PacketDecoder();
  return () =>
    new Promise((resolve, reject) => {
      const take = () => {
        const decoded = decoder.next();
        if (decoded.kind === 'incomplete') return;
        channel.off('data', more);
        channel.off('close', gone);
        if (decoded.kind === 'packet') resolve(decoded.packet.body);
        else reject(new Error(decoded.detail));
      };
      const more = (data: Buffer) => {
        decoder.push(data);
        take();
      };
      const gone = () => reject(new Error('the server closed the channel'));
      channel.on('data', more);
      channel.once('close', gone);
      take();
    });
}

function offersDigest(version: Buffer): boolean {
  if (version[0] !== replyType.version) return false;
  const reader = new Reader(version, 5);
  while (reader.rest > 0 && !reader.failed) {
    const name = reader.text();
    reader.bytes();
    if (name === 'check-file' || name === 'check-file-name') return true;
  }
  return false;
}

/** `string "check-file-name", string name, string algorithms, uint64 offset, uint64 length (0 = all), uint32 block (0 = one)`. */
function checkFileRequest(path: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([requestType.extended, 0, 0, 0, 1]),
    text('check-file-name'),
    text(path),
    text('sha256'),
    Buffer.alloc(8 + 8 + 4),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function digestIn(reply: Buffer): string | undefined {
  if (reply[0] !== replyType.extended) return undefined;
  const reader = new Reader(reply, 5);
  reader.text(); // "check-file"
  const algorithm = reader.text();
  const digest = reply.subarray(reply.length - reader.rest);
  return !reader.failed && algorithm === 'sha256' && digest.length === 32
    ? digest.toString('hex')
    : undefined;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
