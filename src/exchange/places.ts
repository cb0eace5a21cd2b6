/** Which places a unit has: its accounts on our SFTP server, or the platform's server. */
import type { Database } from '../database/index.js';
import type { Unit } from '../revenue/unit.js';
import { ACCOUNT_NAME, accountsOfUnit } from '../sftp/index.js';
import { openEmbeddedPlace } from './embedded-place.js';
import type { ExchangePlace } from './place.js';
import { type ExchangeSettings, exchangeOfUnit, type RemotePlaceSettings } from './settings.js';

export interface PlacesParts {
  readonly settings: ExchangeSettings;
  readonly database: Database;
  /** Of all accounts' trees. */
  readonly root: string;
  readonly openRemote: (unit: Unit, settings: RemotePlaceSettings) => ExchangePlace;
}

/** The place's name is the account's; a unit whose account nobody made yet has one named like itself, for use by hand. */
const accountNamedLike = (unit: string): string => {
  const name = unit.toLowerCase();
  return ACCOUNT_NAME.test(name) ? name : `unit-${name.replace(/[^a-z0-9_-]/g, '-')}`.slice(0, 32);
};

export class Places {
  readonly #open = new Map<string, Promise<ExchangePlace>>();

  constructor(private readonly parts: PlacesParts) {}

  /** Never empty; the first is where our own files are published. Accounts may be added while we run. */
  async of(unit: Unit): Promise<readonly [ExchangePlace, ...ExchangePlace[]]> {
    const { settings, database } = this.parts;
    const { remote, account } = exchangeOfUnit(settings, unit.id);
    if (remote) {
      return [await this.#once(`remote ${unit.id}`, async () => this.parts.openRemote(unit, remote))];
    }
    const names = account
      ? [account]
      : (await accountsOfUnit(database, unit.id)).filter(({ enabled }) => enabled).map(({ name }) => name);
    const [first = accountNamedLike(unit.id), ...rest] = names;
    return [await this.#embedded(first), ...(await Promise.all(rest.map((name) => this.#embedded(name))))];
  }

  async close(): Promise<void> {
    for (const place of this.#open.values()) await (await place).close();
  }

  #embedded(account: string): Promise<ExchangePlace> {
    return this.#once(`account ${account}`, () => openEmbeddedPlace(this.parts.root, account));
  }
  #once(key: string, open: () => Promise<ExchangePlace>): Promise<ExchangePlace> {
    let place = this.#open.get(key);
    if (place === undefined) {
      place = open();
      // A failure (a disk that is not mounted yet) is not kept.
      place.catch(() => this.#open.delete(key));
      this.#open.set(key, place);
    }
    return place;
  }
}
