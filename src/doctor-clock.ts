/* The clock of this machine, as far as its own time service says: nobody else is asked. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

export type ClockState =
  | { readonly kind: 'synchronized'; readonly offsetS: number | undefined; readonly by: string }
  | { readonly kind: 'not-synchronized'; readonly by: string }
  | { readonly kind: 'unseen' };

/** Present while systemd-timesyncd has the clock, also where timedatectl cannot ask it. */
const TIMESYNC = '/run/systemd/timesync/synchronized';

interface Service {
  readonly name: string;
  readonly args: readonly string[];
  /** `undefined`: what it says cannot be read. */
  read(said: string): ClockState | undefined;
}

const services: readonly Service[] = [
  {
    // CSV; the 5th field is the offset of the system's time in seconds, the last the leap status.
    name: 'chronyc',
    args: ['-c', 'tracking'],
    read(said) {
      const fields = said.trim().split(',');
      const offsetS = Number(fields[4]);
      if (fields.length < 14 || Number.isNaN(offsetS)) return undefined;
      return /not sync/i.test(fields.at(-1) ?? '')
        ? { kind: 'not-synchronized', by: 'chronyc' }
        : { kind: 'synchronized', offsetS, by: 'chronyc' };
    },
  },
  {
    name: 'ntpq',
    args: ['-n', '-c', 'rv 0 leap,offset'],
    read(said) {
      const leap = /leap=(\w+)/.exec(said)?.[1];
      const offsetMs = Number(/offset=([-+\d.]+)/.exec(said)?.[1]);
      if (leap === undefined) return undefined;
      return leap === '11' || leap === 'leap_alarm'
        ? { kind: 'not-synchronized', by: 'ntpq' }
        : {
            kind: 'synchronized',
            offsetS: Number.isNaN(offsetMs) ? undefined : offsetMs / 1000,
            by: 'ntpq',
          };
    },
  },
  {
    name: 'timedatectl',
    args: ['show', '-p', 'NTPSynchronized', '--value'],
    read(said) {
      if (said.trim() === 'yes') return { kind: 'synchronized', offsetS: undefined, by: 'timedatectl' };
      return said.trim() === 'no' ? { kind: 'not-synchronized', by: 'timedatectl' } : undefined;
    },
  },
];

export async function clockState(): Promise<ClockState> {
  for (const { name, args, read } of services) {
    const state = await promisify(execFile)(name, args, {
      timeout: 5000,
      env: { ...process.env, LC_ALL: 'C' },
    })
      .then(({ stdout }) => read(stdout))
      .catch(() => undefined);
    if (state !== undefined) return state;
  }
  if (existsSync(TIMESYNC)) return { kind: 'synchronized', offsetS: undefined, by: 'systemd-timesyncd' };
  return { kind: 'unseen' };
}
