/*
  Honest peers in a process of their own, so that whoever attacks does not slow them down by sharing an event loop with them: so many
  exchanges a second, each on its own connection. Parent: `startHonest`. Child: this file.
*/
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { platformTls } from './gateway.js';
import { ask, freshSerial, paymentBody } from './platform.js';

interface Window {
  readonly ms: number;
  readonly perSecond: number;
  readonly pays: boolean;
}
export interface Served {
  /** Answered 9999 within the window. */
  readonly done: number;
  /** What came instead of 9999. */
  readonly failures: readonly string[];
  readonly slowestMs: number;
}

export async function startHonest(dir: string, port: number) {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [dir, String(port)], {
    execArgv: ['--import', 'tsx'],
  });
  await once(child, 'message');
  return {
    async serve(window: Window): Promise<Served> {
      child.send(window);
      const [served] = await once(child, 'message');
      return served as Served;
    },
    async stop() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** In flight at once; whoever is slower than that gets fewer done. */
const CLIENTS = 8;

async function serve(tls: object, { ms, perSecond, pays }: Window): Promise<Served> {
  const begun = performance.now();
  const failures: string[] = [];
  let asked = 0;
  let done = 0;
  let slowestMs = 0;
  const client = async () => {
    for (;;) {
      const due = begun + (asked++ * 1000) / perSecond;
      if (due > begun + ms) return;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const from = performance.now();
      const answer = pays
        ? ask(tls, '200002', paymentBody('39536', '022000', 1, freshSerial()))
        : ask(tls, '200001', { acctOrgNo: '36745', queryType: '0', queryValue: '10125334' });
      const code = await answer.then(({ body }) => String(body.rtnCode), String);
      const now = performance.now();
      slowestMs = Math.max(slowestMs, now - from);
      if (code !== '9999') failures.push(code);
      else if (now <= begun + ms) done++;
      if (now > begun + ms) return;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { done, failures, slowestMs };
}

const [, script, dir, port] = process.argv;
if (script === fileURLToPath(import.meta.url) && dir !== undefined && process.send) {
  const tls = { ...platformTls(dir), port: Number(port) };
  process.on('message', (window: Window) => {
    void serve(tls, window).then((served) => process.send?.(served));
  });
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
}
