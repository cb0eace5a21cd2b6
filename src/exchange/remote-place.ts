/** A server of the platform's as a place: we fetch from it and put to it as its client (spec files.md "Where they lie"). */
import { rm } from 'node:fs/promises';
import { join } from 'node:path/posix';
import { type Clock, systemIds } from '../clock.js';
import type { Log } from '../log.js';
import { isSafeFileName } from '../protocol/index.js';
import type { Unit } from '../revenue/unit.js';
import { openRemoteSftp, type RemoteEntry, type RemoteSftp } from '../sftp/index.js';
import type { ExchangePlace, IncomingPlace, OutgoingPlace, PlaceEntry } from './place.js';
import type { RemotePlaceSettings } from './settings.js';

/** Where processed files of units stay whose platform hosts SFTP (relative to the root). */
const archiveOfUnit = (unit: string): string => `.archive/${unit}`;

export interface RemotePlaceParts {
  /** What file names in the settings are relative to. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Connects when it is first needed. */
export function openRemotePlace(
  unit: Unit,
  settings: RemotePlaceSettings,
  parts: RemotePlaceParts,
): ExchangePlace {
  const name = `${settings.username}@${settings.host}`;
  const remote = openRemoteSftp({
    settings,
    dir: parts.dir,
    clock: parts.clock,
    ids: systemIds,
    failed: (operation, error, attempt) =>
      parts.log.event('place.failed', {
        place: name,
        operation,
        attempt,
        reason: error.message,
        next: error.next,
      }),
  });
  return {
    incoming: new RemoteIncoming(name, remote, settings),
    outgoing: new RemoteOutgoing(name, remote, settings.outgoingDir),
    archive: archiveOfUnit(unit.id),
    close: () => remote.close(),
  };
}

class RemoteIncoming implements IncomingPlace {
  constructor(
    readonly name: string,
    private readonly remote: RemoteSftp,
    private readonly settings: RemotePlaceSettings,
  ) {}

  async list(isWanted: (name: string) => boolean): Promise<readonly PlaceEntry[]> {
    const { incomingDir, temporaryEnding } = this.settings;
    const entries = await this.remote.list(incomingDir);
    return entries
      .filter(({ kind, name }) => kind === 'file' && isSafeFileName(name) && !name.endsWith(temporaryEnding))
      .filter(({ name }) => isWanted(name))
      .map((entry) => placeEntry(entry.name, entry));
  }

  async find(path: string): Promise<PlaceEntry | undefined> {
    const entry = await this.remote.find(join(this.settings.incomingDir, path));
    return entry?.kind === 'file' ? placeEntry(path, entry) : undefined;
  }

  async isUnfinished(path: string): Promise<boolean> {
    const { incomingDir, temporaryEnding } = this.settings;
    return (await this.remote.find(join(incomingDir, `${path}${temporaryEnding}`))) !== undefined;
  }

  async take(entry: PlaceEntry, target: string): Promise<boolean> {
    await this.remote.get(join(this.settings.incomingDir, entry.path), target);
    if ((await this.find(entry.path))?.stamp === entry.stamp) return true;
    await rm(target, { force: true });
    return false;
  }

  async settle(entry: PlaceEntry): Promise<void> {
    if (this.settings.afterFetch === 'keep') return;
    // Something newer under the name stays; a server can do no better than this look before.
    if ((await this.find(entry.path))?.stamp !== entry.stamp) return;
    await this.remote.remove(join(this.settings.incomingDir, entry.path));
  }

  watch(): () => void {
    return () => {};
  }
}

class RemoteOutgoing implements OutgoingPlace {
  readonly noticePath: string;

  constructor(
    readonly name: string,
    private readonly remote: RemoteSftp,
    private readonly dir: string,
  ) {
    this.noticePath = dir === '.' ? '/' : `${dir}/`;
  }

  async put(name: string, source: string): Promise<void> {
    await this.remote.put(source, join(this.dir, name));
  }
  async check(name: string) {
    const entry = await this.remote.find(join(this.dir, name));
    // Its content was compared when it was put (digest, or read back).
    return entry?.kind === 'file' ? { bytes: entry.size, sha256: undefined } : undefined;
  }
  remove(name: string): Promise<void> {
    return this.remote.remove(join(this.dir, name));
  }
}

const placeEntry = (path: string, { name, size, modifiedAt }: RemoteEntry): PlaceEntry => ({
  path,
  name,
  bytes: size,
  modifiedAt: undefined,
  stamp: `${size}-${modifiedAt}`,
});
