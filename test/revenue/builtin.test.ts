import { eachDatabase } from '../support/databases.js';
import { builtinWorld } from './builtin-world.js';
import { revenueContract } from './contract/contract.js';
import type { World } from './world.js';

eachDatabase(
  'built-in revenue',
  (db) => {
    let world: World | undefined;
    before(async () => {
      world = builtinWorld(db(), await db.open());
    });
    revenueContract(() => {
      if (world === undefined) throw new Error('the world is there only while the suite runs');
      return world;
    });
  },
  { h2: true },
);
