/*
  One connection's life: wait for a frame → answer it → (next frame that is already here) → close.
  Deadline, decoder, answers in order, close. Nothing else lives here: what an answer is, is the Answerer's affair.
*/
import type { TLSSocket } from 'node:tls';
import type { Clock, Moment } from '../clock.js';
import { codeOf } from '../errors.js';
import { FrameDecoder, type FrameEvent } from '../protocol/index.js';
import type { Peer } from './peer.js';
import type { ServerLimits } from './settings.js';

/** One request frame in, one answer frame out. Never rejects. */
export type Answerer = (
  request: { readonly serviceCode: string; readonly data: Buffer },
  from: { readonly peer: Peer; readonly address: string; readonly receivedAt: Moment },
) => Promise<Buffer>;

/** How long a connection on which nothing came yet is kept when the gateway stops. */
const DRAIN_GRACE_MS = 500;

/** Why a connection ended; a metric label. */
export type ConnectionEnd =
  | 'answered'
  | 'peer-closed'
  | 'silent'
  | 'bad-frame'
  | 'cut-off'
  | 'reset'
  | 'not-read'
  | 'drained';

export interface ConnectionParts {
  readonly answer: Answerer;
  readonly limits: ServerLimits;
  readonly clock: Clock;
  /**
   * Called once, when the socket is gone. `detail` names the fault of the frame or the system's error code; `unread` is what came and was no
   * frame.
   */
  readonly ended: (how: ConnectionEnd, detail: string, unread: Buffer) => void;
}

/** Serves one authenticated connection until it is closed. `drain` lets it finish what it has and then closes it. */
export function serveConnection(socket: TLSSocket, peer: Peer, address: string, parts: ConnectionParts) {
  const { limits, clock } = parts;
  const decoder = new FrameDecoder({ dataBytesMax: limits.dataBytesMax, ...peer.dialect });
  let how: ConnectionEnd = 'peer-closed';
  let detail = '';
  let busy = false;
  let draining = false;
  let peerEnded = false;
  let answered = 0;
  // An absolute deadline for the whole next frame: a byte every few seconds must not keep a connection.
  let cancelTimer = clock.after(limits.silentMs, () => finish('silent', `${decoder.pendingBytes} bytes`));

  /** Ends our side, with the last answer if there is one; whoever does not read and close within the linger time is cut. */
  function finish(reason: ConnectionEnd, why = '', last?: Buffer): void {
    how = reason;
    detail = why;
    cancelTimer();
    if (last === undefined) socket.end();
    else socket.end(last);
    socket.resume();
    cancelTimer = clock.after(limits.lingerMs, () => {
      if (socket.writableLength > 0) how = 'not-read';
      socket.destroy();
    });
  }

  async function serve(events: readonly FrameEvent[]): Promise<void> {
    for (const [at, event] of events.entries()) {
      if (event.kind === 'fault') {
        finish('bad-frame', `${event.fault}: ${event.detail}`);
        return;
      }
      const receivedAt = clock.now();
      const answer = await parts.answer(event, { peer, address, receivedAt });
      if (socket.destroyed) return;
      answered++;
      // The usual exchange: answer and end leave together, which is a system call and a turn of the event loop less.
      if (at === events.length - 1 && closesAfterAnswer()) {
        finish('answered', '', answer);
        return;
      }
      if (!socket.write(answer)) await drained();
    }
    afterFrames();
  }

  const closesAfterAnswer = (): boolean =>
    decoder.pendingBytes === 0 && (peerEnded || peer.dialect.close === 'server');

  /** What comes after the frames that were here: the peer's next one, or the end. */
  function afterFrames(): void {
    const { pendingBytes } = decoder;
    const between = pendingBytes === 0;
    if (between && peerEnded) finish(answered > 0 ? 'answered' : 'peer-closed');
    else if (peerEnded) finish('cut-off', `${pendingBytes} bytes`);
    else if (between && draining) finish('drained');
    else awaitNext();
  }

  function awaitNext(): void {
    if (answered > 0) {
      cancelTimer();
      cancelTimer = clock.after(limits.silentMs, () => {
        const { pendingBytes } = decoder;
        finish(pendingBytes === 0 ? 'answered' : 'silent', `${pendingBytes} bytes`);
      });
    }
    socket.resume();
  }

  /** A peer that does not read its answers gets no more of them: bounded memory for pipelined requests. */
  function drained(): Promise<void> {
    const cancel = clock.after(limits.lingerMs, () => {
      how = 'not-read';
      socket.destroy();
    });
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  socket.on('data', (chunk: Buffer) => {
    if (busy || how !== 'peer-closed') return; // After our end: what still comes is thrown away.
    busy = true;
    socket.pause();
    void serve(decoder.push(chunk)).finally(() => {
      busy = false;
    });
  });
  socket.on('end', () => {
    peerEnded = true;
    if (!busy && how === 'peer-closed') afterFrames();
  });
  socket.on('error', (error) => {
    how = 'reset';
    detail = codeOf(error) || error.message;
  });
  socket.on('close', () => {
    cancelTimer();
    parts.ended(how, detail, decoder.unread);
  });

  return {
    /** Finishes the request that is being served or received; an idle connection is closed at once. */
    drain(): void {
      draining = true;
      if (busy || decoder.pendingBytes > 0) return;
      // Its request may be on the way already: whoever was let in gets a moment to send it.
      cancelTimer();
      cancelTimer = clock.after(DRAIN_GRACE_MS, () => {
        if (!busy && decoder.pendingBytes === 0) finish('drained');
      });
    },
    destroy: () => socket.destroy(),
  };
}
export type Connection = ReturnType<typeof serveConnection>;
