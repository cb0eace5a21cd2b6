import type { ExistingSettings } from '../../../src/revenue/index.js';
import { eachDatabase } from '../../support/databases.js';
import { revenueContract } from '../contract/contract.js';
import { deductionContract } from './deduction.js';
import { filesContract } from './files.js';
import {
  exampleSettings,
  type LegacyWorld,
  legacyWorld,
  makeLegacySchema,
  openTheirs,
} from './legacy-world.js';

const variants: Readonly<Record<string, Partial<ExistingSettings>>> = {
  'as in the example': {},
  'with mapped serials, in doubt after any failed call': {
    commit: 'procedure',
    serial: { as: 'mapped', length: 20 },
  },
};

// The journal stands in the same PostgreSQL here; in production it is a database of the gateway's own.
for (const [title, variant] of Object.entries(variants))
  eachDatabase(
    `existing revenue schema, ${title}`,
    (db) => {
      let world: LegacyWorld | undefined;
      const closers: (() => Promise<void>)[] = [];
      before(async () => {
        const settings = { ...exampleSettings(db.settings()), ...variant };
        await makeLegacySchema(db.settings().url ?? '');
        const theirs = [await openTheirs(settings), await openTheirs(settings)] as const;
        for (const one of theirs) closers.push(() => one.close());
        world = legacyWorld(settings, [db(), await db.open()], theirs);
      });
      after(async () => {
        for (const close of closers) await close();
      });
      const there = () => {
        if (world === undefined) throw new Error('the world is there only while the suite runs');
        return world;
      };
      revenueContract(there);
      describe('files of a day', () => filesContract(there));
      describe('batch deduction', () => deductionContract(there, db));
    },
    { only: ['postgres'] },
  );
