/**
 * The references that answer a canned frame: a bare TLS server (our own cost above Node), and a plain TCP server behind HAProxy.
 * Arguments: tls|tls-no-tickets|tcp, directory with server.crt/.key and ca.crt, file with the canned frame. Prints its port.
 */
import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';

const [kind, dir = '', frameFile = ''] = process.argv.slice(2);
const frame = readFileSync(frameFile);
const read = (name: string) => readFileSync(join(dir, name));

function serve(socket: Socket): void {
  let held = 0;
  let whole = Number.POSITIVE_INFINITY;
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    if (held === 0) whole = chunk.readInt32LE(1) + 12;
    held += chunk.length;
    if (held >= whole) socket.end(frame);
  });
}
const server =
  kind === 'tcp'
    ? createTcp(serve)
    : createServer(
        {
          cert: read('server.crt'),
          key: read('server.key'),
          ca: read('ca.crt'),
          requestCert: true,
          noDelay: true,
          ...(kind === 'tls-no-tickets' && { secureOptions: constants.SSL_OP_NO_TICKET }),
        },
        serve,
      );
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`ready ${typeof address === 'object' ? address?.port : ''}`);
});
