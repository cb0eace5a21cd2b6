import type { Ids } from '../clock.js';
import type { Penalties } from './penalties.js';
import type { SftpLimits } from './settings.js';

export type ConnectionRefusal = 'banned' | 'connections-max' | 'startups-per-address-max' | 'startups-max';

/** What admission looks at; `account` is there once it has logged in. */
interface Present {
  readonly address: string;
  readonly account: object | undefined;
}

/** Why a new connection is not taken, before any cryptography is spent on it; `undefined` where it is. */
export function refusalOfConnection(
  address: string,
  present: ReadonlySet<Present>,
  { limits, penalties, ids }: { limits: SftpLimits; penalties: Penalties; ids: Ids },
): ConnectionRefusal | undefined {
  if (penalties.addressBannedUntil(address) !== undefined) return 'banned';
  if (present.size >= limits.connectionsMax) return 'connections-max';
  const before = [...present].filter(({ account }) => account === undefined);
  if (before.filter((one) => one.address === address).length >= limits.startupsPerAddressMax) {
    return 'startups-per-address-max';
  }
  const { startupsFree, startupsMax } = limits;
  if (before.length < startupsFree) return undefined;
  // As OpenSSH's MaxStartups: the nearer to the limit, the likelier, so that a flood cannot shut everyone out.
  const chance = 0.3 + (0.7 * (before.length - startupsFree)) / Math.max(1, startupsMax - startupsFree);
  const dice = ids.bytes(2).readUInt16BE(0) / 65_536;
  return dice < chance ? 'startups-max' : undefined;
}
