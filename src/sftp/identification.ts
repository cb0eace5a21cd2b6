/**
 * The first line of each side (RFC 4253, section 4.2: `SSH-2.0-software comments CR LF`). It is exchanged here and not by ssh2, because
 * what is offered depends on who the client is, and ssh2 takes the offer before it has heard the client's line. (That line is
 * part of what both sides sign, so nobody between them can change it to get a weaker offer.)
 */
import type { Socket } from 'node:net';

/** RFC 4253: 255 bytes with CR LF. */
const LINE_BYTES_MAX = 255;

/**
 * Sends our line and waits for the client's; the socket is paused then, with the line put back for ssh2 to read. `undefined` where the
 * client said something else or went away. Without a time limit: the caller's login grace covers it.
 */
export function identify(socket: Socket, software: string): Promise<string | undefined> {
  socket.write(`SSH-2.0-${software}\r\n`);
  return new Promise((resolve) => {
    let held = Buffer.alloc(0);
    const end = (client: string | undefined) => {
      socket.off('data', read);
      socket.off('close', gone);
      socket.pause();
      if (client !== undefined) {
        socket.unshift(held);
        dropFirstWrite(socket);
      }
      resolve(client);
    };
    const gone = () => end(undefined);
    const read = (data: Buffer) => {
      held = Buffer.concat([held, data]);
      const lineEnd = held.indexOf('\n');
      if (lineEnd === -1) {
        if (held.length > LINE_BYTES_MAX) end(undefined);
        return;
      }
      const line = held.subarray(0, lineEnd).toString('latin1').replace(/\r$/, '');
      const [, client] = /^SSH-(?:2\.0|1\.99)-([!-~][ -~]*)$/.exec(line) ?? [];
      end(lineEnd < LINE_BYTES_MAX ? client : undefined);
    };
    socket.on('data', read);
    socket.once('close', gone);
  });
}

/** ssh2 begins by sending the same line that the client has already. */
function dropFirstWrite(socket: Socket): void {
  Object.defineProperty(socket, 'write', {
    configurable: true,
    value: () => {
      Reflect.deleteProperty(socket, 'write');
      return true;
    },
  });
}
